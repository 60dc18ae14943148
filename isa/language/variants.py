"""Variants: a machine as the difference to another. `resolve` applies them; the checker then sees a whole machine.

A parent is looked for in the same file, then among the shipped machines.
"""

from collections.abc import Callable
from dataclasses import dataclass

from isa.errors import Span
from isa.language import limits, syntax
from isa.language.report import Report, refuse
from isa.language.world import unknown_name

Find = Callable[[str], syntax.Declaration | None]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A machine with all changes applied; `own` are the items that its own text brings."""

    machine: syntax.Machine
    parent: str | None
    own: frozenset[syntax.Key]


def resolve(declaration: syntax.Declaration, find: Find) -> Resolved:
    """The machine that a declaration describes. `find` gives a parent by name. Raises SourceError."""
    report = Report()
    with report.collecting():
        chain, root = _chain(declaration, find)
        items = _index(root, report)
        for variant in reversed(chain):
            _apply(variant, items, report)
        if len(items) > limits.ITEMS:
            raise refuse(declaration.span, f"a machine has at most {limits.ITEMS} items", "describe less in one")
        report.finish_phase()
        return _whole(declaration, root, items)
    report.finish_phase()
    raise AssertionError("a refusal was not reported")


def _chain(declaration: syntax.Declaration, find: Find) -> tuple[list[syntax.Variant], syntax.Machine]:
    """The variants from `declaration` down, and the machine they end in."""
    chain: list[syntax.Variant] = []
    at = declaration
    while isinstance(at, syntax.Variant):
        if any(at.name == v.name for v in chain):
            raise refuse(at.span, f"the variant `{at.name}` is a variant of itself", "name another machine after `of`")
        if len(chain) >= limits.VARIANT_CHAIN:
            message = f"more than {limits.VARIANT_CHAIN} variants build on one another"
            raise refuse(at.span, message, "make some of them variants of the machine itself")
        chain.append(at)
        parent = find(at.parent)
        if parent is None:
            raise _no_parent(at)
        at = parent
    return chain, at


def _no_parent(variant: syntax.Variant) -> Exception:
    from isa.machines.catalogue import shipped

    help = "the file does not describe it, and no shipped machine has this name"
    return unknown_name(variant.parent_span, "machine", variant.parent, shipped(), help)


def _index(root: syntax.Machine, report: Report) -> dict[syntax.Key, syntax.Item]:
    items: dict[syntax.Key, syntax.Item] = {}
    for item in root.items:
        if syntax.key(item) in items:
            with report.collecting():
                said = f"`{item.name or syntax.KINDS[type(item)]}`"
                note = (items[syntax.key(item)].span, "the first")
                raise refuse(item.span, f"{said} is declared twice", "remove one", note)
        items.setdefault(syntax.key(item), item)
    return items


def _apply(variant: syntax.Variant, items: dict[syntax.Key, syntax.Item], report: Report) -> None:
    """Apply the changes of one variant to the items of its parent, in place."""
    touched: dict[syntax.Key, Span] = {}
    before = set(items)
    for change in variant.changes:
        with report.collecting():
            if change.key in touched:
                said = " ".join(change.key).strip()
                note = (touched[change.key], "the first")
                raise refuse(change.span, f"`{said}` is changed twice", "say it once", note)
            touched[change.key] = change.span
            _check_change(variant, change, before, items)
            if change.item is None:
                del items[change.key]
            else:
                items[change.key] = change.item


def _check_change(
    variant: syntax.Variant, change: syntax.Change, before: set[syntax.Key], items: dict[syntax.Key, syntax.Item]
) -> None:
    said = " ".join(change.key).strip()
    if change.verb == "add" and change.key in before:
        note = (items[change.key].span, "declared here")
        raise refuse(change.span, f"`{variant.parent}` has `{said}` already", f"write `override {said}`", note)
    if change.verb != "add" and change.key not in before:
        kind, name = change.key
        names = [n for k, n in before if k == kind]
        help = f"write `add {said}`" if change.verb == "override" else "remove this line"
        raise unknown_name(change.span, f"{kind} of `{variant.parent}`", name, names, help)


def _whole(declaration: syntax.Declaration, root: syntax.Machine, items: dict[syntax.Key, syntax.Item]) -> Resolved:
    if isinstance(declaration, syntax.Machine):
        return Resolved(root, None, frozenset(items))
    machine = syntax.Machine(declaration.span, declaration.name, declaration.doc, tuple(items.values()))
    return Resolved(machine, declaration.parent, frozenset(c.key for c in declaration.changes if c.verb == "add"))
