"""What a description consists of, what may be folded, and where the verdict of an instruction is shown."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from isa.language import syntax
from trapline.editing.answers import Entry, Fold, Lens, Sort, place_of
from trapline.editing.comments import comment_folds
from trapline.editing.description.library import Described
from trapline.editing.description.scopes import SORTS, items_of

_MARKS = re.compile(r'"[^"\n]*"|#[^\n]*|[{}]|\n')


def outline(described: Described) -> list[Entry]:
    """Machines and variants, and in each its items; what has no name is called by its keyword."""
    found = list(described.library.declarations.values())
    ends = [d.span.line - 2 for d in found[1:]] + [len(described.lines) - 1]
    return [_machine(described, d, end) for d, end in zip(found, ends, strict=False)]


def _machine(described: Described, declaration: syntax.Declaration, end: int) -> Entry:
    items = sorted(items_of(declaration), key=lambda item: (item.span.line, item.span.column))
    ends = [item.span.line - 2 for item in items[1:]] + [end - 1]
    entries = tuple(_item(described, item, last) for item, last in zip(items, ends, strict=False))
    of = f"variant of {declaration.parent}" if isinstance(declaration, syntax.Variant) else "machine"
    place = place_of(declaration.span)
    return Entry(declaration.name, Sort.MACHINE, of, place, _trimmed(described, place.line, end), entries)


def _item(described: Described, item: syntax.Item, last: int) -> Entry:
    kind, name = syntax.key(item)
    place = place_of(item.span)
    detail = item.template if isinstance(item, syntax.InstrItem | syntax.PseudoItem) else kind
    return Entry(name or kind, SORTS[type(item)], detail, place, _trimmed(described, place.line, last))


def _trimmed(described: Described, first: int, last: int) -> int:
    """The last line that is neither blank nor a comment."""
    while last > first and re.match(r"\s*(#|\Z)", described.lines[last]):
        last -= 1
    return max(first, last)


def folds(described: Described) -> list[Fold]:
    """What stands between braces on lines of their own, and comments of three lines and more."""
    return sorted([*_braces(described.source.text), *comment_folds(line.startswith("#") for line in described.lines)])


def _braces(text: str) -> Iterator[Fold]:
    line, opened = 0, []
    for match in _MARKS.finditer(text):
        if match[0] == "\n":
            line += 1
        elif match[0] == "{":
            opened.append(line)
        elif match[0] == "}" and opened:
            first = opened.pop()
            if line - first > 1:
                yield Fold(first, line - 1)


# ---- verdicts


class Verdict(NamedTuple):
    """What was found of a machine, in a line; and of each of its instructions."""

    machine: str
    instructions: Mapping[str, str]


def lenses(described: Described, verdicts: Mapping[str, Verdict], waiting: str) -> Iterator[Lens]:
    """A line above each machine and each instruction that the text brings; `waiting` of a machine not decided yet."""
    for name, declaration in described.library.declarations.items():
        if name not in described.isas:
            continue
        verdict = verdicts.get(name)
        yield Lens(place_of(declaration.span), verdict.machine if verdict else waiting)
        for item in items_of(declaration):
            if verdict and isinstance(item, syntax.InstrItem) and item.name in verdict.instructions:
                yield Lens(place_of(item.span), verdict.instructions[item.name])
