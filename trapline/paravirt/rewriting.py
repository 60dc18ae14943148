"""A guest's source written anew: where an instruction stands that a monitor cannot run directly, an instruction that
calls the monitor, and below it what it stands for. Nothing else changes, comments and layout included, and not one word
moves: so the guest under a monitor that serves its hypercalls can be compared with the guest as it was, step by step.

What was written is assembled again, and held against the program that it was made from.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from isa.assembler import Directory, Image
from isa.assembler.assembly import attempt
from isa.assembler.includes import read_source
from isa.assembler.layout import Layout
from isa.assembler.syntax import Syntax
from isa.description import Isa
from isa.encoding import decoder
from isa.errors import Diagnostic, Source, SourceError, Span
from trapline.paravirt.flattening import Included, Written, flattened, tokens_of
from trapline.paravirt.hypercall import hypercall, statement


@dataclass(frozen=True, slots=True)
class Change:
    """A statement that is replaced: where its author wrote it, the instruction, and the addresses of its words:
    many of them, if it stands in a macro or in a repetition."""

    span: Span
    name: str
    addresses: tuple[int, ...]

    @property
    def text(self) -> str:
        return self.span.source.line(self.span.line)[self.span.column - 1 : self.span.end - 1]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """`text` is the whole of the new source, `call` the statement that calls the monitor, None if nothing had to be
    changed."""

    text: str
    call: str | None
    changes: tuple[Change, ...]


def rewritten(
    isa: Isa, path: str, directory: Directory, definitions: Mapping[str, int], culprits: frozenset[str]
) -> Rewritten:
    """The source in a file with hypercalls in place of the culprits, which are instructions of the machine by name.

    Raises SourceError for a text that cannot be assembled or in which a culprit cannot be replaced, and TraplineError
    for a machine on which nothing calls a monitor.
    """
    source, included = read_source(path), Included(directory)
    layout, image = _assembled(isa, source, included, definitions)
    changes = _changes(isa, layout, image, culprits)
    lines = flattened(layout.syntax, source, included, {change.span.source.name for change in changes})
    if not changes:
        return Rewritten(_text(lines), None, ())
    word = hypercall(isa, culprits, {word for _, word in image.words()})
    call = statement(isa, word)
    text = _text(_rewritten(lines, layout.syntax, isa, changes, call))
    _check(_assembled(isa, Source(path, text), Included(directory), definitions)[1], image, changes, word)
    return Rewritten(text, call, changes)


def _assembled(isa: Isa, source: Source, included: Included, definitions: Mapping[str, int]) -> tuple[Layout, Image]:
    found = attempt(isa, source, included, definitions)
    if found.image is None:
        raise SourceError(found.diagnostics)
    return found.layout, found.image


def _changes(isa: Isa, layout: Layout, image: Image, culprits: frozenset[str]) -> tuple[Change, ...]:
    """Where the culprits were written, in order. Raises SourceError for one that is no statement of its own."""
    decode = decoder(isa)
    names = {a: i.name for a, w in image.instructions() if (i := decode.find(w)) is not None and i.name in culprits}
    places: dict[tuple[str, int, int], Change] = {}
    for taken in (t for stretch in layout.stretches for t in stretch.taken()):
        name, span = names.get(taken.address), taken.span
        if name is not None:
            key = span.source.name, span.line, span.column
            first = places.get(key) or Change(_statement(isa, layout.syntax, span), name, ())
            places[key] = replace(first, addresses=(*first.addresses, taken.address))
    return tuple(places.values())


def _statement(isa: Isa, syntax: Syntax, span: Span) -> Span:
    """All of the statement that begins at a place, without labels and comment."""
    tokens = tokens_of(syntax, span.source, span.line, span.source.line(span.line))
    before = next(i for i, token in enumerate(tokens) if token.column == span.column)
    labels = before % 2 == 0 and all(token.is_mark(":") for token in tokens[1:before:2])
    pseudo = isa.pseudos.get(tokens[before].text)
    if not labels or (pseudo and len(pseudo.expansion) > 1):
        message = "this makes an instruction that a monitor cannot run directly, beside others"
        raise SourceError((Diagnostic(span, message, "write that instruction out, on a line of its own"),))
    return Span(span.source, span.line, span.column, tokens[-1].end)


def _rewritten(
    lines: Iterable[Written], syntax: Syntax, isa: Isa, changes: tuple[Change, ...], call: str
) -> Iterator[Written]:
    """The lines, those that are changed as two each. Below the header it says who changed them."""
    by_place = {(c.span.source.name, c.span.line): c.span for c in changes}
    comment, headed = syntax.lexer.comment, False
    for line in lines:
        if not headed and not line.text.startswith(("#", comment)):
            headed = True
            said = (
                f"Written by `trapline paravirt` for {isa.name}: `{call}` has the monitor do what `.was` says below it."
            )
            yield from (line._replace(text=text) for text in ("", f"{comment} {said}", ""))
        span = by_place.get((line.source, line.number))
        if span is None or line.included:
            yield line
            continue
        before, was, after = (line.text[i:j] for i, j in pairwise((0, span.column - 1, span.end - 1, len(line.text))))
        yield line._replace(text=f"{before}{call:<{len(was)}}{after}".rstrip())
        yield line._replace(text=f"{'':{len(before.expandtabs())}}.was {was}")


def _text(lines: Iterable[Written]) -> str:
    return "".join(f"{line.text}\n" for line in lines)


def _check(image: Image, before: Image, changes: tuple[Change, ...], word: int) -> None:
    """Raises SourceError unless the new text makes the same program, but for the words that were replaced."""
    was, now = dict(before.words()), dict(image.words())
    places = {address for change in changes for address in change.addresses}
    wanted = before.replaced | {address: was[address] for address in places}
    if now == was | dict.fromkeys(places, word) and image.replaced == wanted:
        return
    wrong = [c for c in changes if any((now.get(a), image.replaced.get(a)) != (word, was[a]) for a in c.addresses)]
    message = "this cannot be replaced without changing something else"
    help = "write the instruction out, on a line of its own, outside of macros"
    raise SourceError((Diagnostic((wrong or changes)[0].span, message, help),))
