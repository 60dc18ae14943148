"""Which defs and views use which, so that each can be lowered after all that it uses, and cycles are found first.

Nothing here recurses: a hostile file may chain as many defs as it has room for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass

from isa.errors import Span
from isa.language import syntax

Named = syntax.DefItem | syntax.ViewItem


@dataclass(frozen=True, slots=True)
class Cycle:
    """A def or view that comes back to itself along `names`, by the use at `span` in the last of them."""

    item: Named
    names: tuple[str, ...]
    span: Span


def uses(item: Named) -> dict[str, Span]:
    """The names that a body calls or indexes, each with its first place."""
    found: dict[str, Span] = {}
    for node in _nodes(item.body):
        match node:
            case syntax.Call(span=span, name=name) | syntax.Index(span=span, base=syntax.Name(name=name)):
                found.setdefault(name, span)
            case _:
                pass
    return found


def _nodes(root: object) -> Iterator[object]:
    """Every node of a syntax tree, in the order of the text."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(reversed(node))
        elif is_dataclass(node) and not isinstance(node, Span):
            yield node
            stack.extend(getattr(node, f.name) for f in reversed(fields(node)))


def calling_order(items: tuple[syntax.Item, ...]) -> tuple[list[Named], list[Cycle]]:
    """Defs and views, each after what it uses, and the cycles that were cut to get there."""
    named = {item.name: item for item in items if isinstance(item, Named)}
    graph = {name: {n: s for n, s in uses(item).items() if n in named} for name, item in named.items()}
    order: list[Named] = []
    cycles: list[Cycle] = []
    done: set[str] = set()
    for root in named:
        if root not in done:
            _visit(root, named, graph, done, order, cycles)
    return order, cycles


def _visit(
    root: str,
    named: dict[str, Named],
    graph: dict[str, dict[str, Span]],
    done: set[str],
    order: list[Named],
    cycles: list[Cycle],
) -> None:
    path: dict[str, Iterator[tuple[str, Span]]] = {root: iter(graph[root].items())}
    while path:
        name = next(reversed(path))
        used, span = next(path[name], (None, None))
        if used is None or span is None:
            path.popitem()
            done.add(name)
            order.append(named[name])
        elif used in path:
            names = list(path)
            cycles.append(Cycle(named[used], (*names[names.index(used) :], used), span))
        elif used not in done:
            path[used] = iter(graph[used].items())
