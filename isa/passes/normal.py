"""Passes over behaviours: IR to IR, each with a meaning-preserving rule that its test checks.

`merge` gives every scalar one final value; `specialise` fixes parameters and parts of the state to constants.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from isa.description import Isa, Kind, Place
from isa.ir.fold import const, insert, rewrite_behaviour, rewriter, select
from isa.ir.nodes import (
    TRUE,
    Apply,
    Behaviour,
    Const,
    Effect,
    Element,
    Expr,
    Param,
    Read,
    SetElement,
    Size,
    Write,
    nodes,
)


def merge(isa: Isa, behaviour: Behaviour) -> Behaviour:
    """The same behaviour in which each scalar has at most one write: unguarded, of the whole scalar.

    Later writes win bit by bit, as the language says. Other effects keep their order.
    """
    final = next_values(isa, behaviour)
    others: list[Effect] = [e for e in behaviour.effects if not isinstance(e, Write)]
    kept = (Write(TRUE, s, 0, v) for s, v in final.items() if v is not Read(v.width, s))
    return Behaviour(behaviour.traps, (*kept, *others))


def next_values(isa: Isa, behaviour: Behaviour) -> dict[str, Expr]:
    """For every scalar that the behaviour may write, its value after an untrapped step."""
    final: dict[str, Expr] = {}
    for effect in behaviour.effects:
        if isinstance(effect, Write):
            before = final.get(effect.state, Read(isa.states[effect.state].width, effect.state))
            after = insert(before, effect.low, effect.value)
            final[effect.state] = select(effect.guard, after, before)
    return final


def next_parts(isa: Isa, behaviour: Behaviour) -> dict[Place, Expr]:
    """For every part of a scalar that the behaviour may write, its value after an untrapped step. Writes that overlap
    are of one part."""
    writes: dict[str, list[Write]] = {}
    for effect in behaviour.effects:
        if isinstance(effect, Write):
            writes.setdefault(effect.state, []).append(effect)
    final: dict[Place, Expr] = {}
    for state, mine in writes.items():
        for low, width in _overlapping((w.low, w.value.width) for w in mine):
            place = Place(state, low, width)
            final[place] = isa.read(place)
            for write in (w for w in mine if low <= w.low < low + width):
                after = insert(final[place], write.low - low, write.value)
                final[place] = select(write.guard, after, final[place])
    return final


def _overlapping(runs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Runs of bits, each (low, width), those that overlap joined."""
    found: list[tuple[int, int]] = []
    for low, width in sorted(runs):
        if found and low < sum(found[-1]):
            found[-1] = found[-1][0], max(sum(found[-1]), low + width) - found[-1][0]
        else:
            found.append((low, width))
    return found


def specialiser(
    isa: Isa, params: Mapping[str, int], known: Mapping[str, int], size: int | None = None
) -> Callable[[Expr], Expr]:
    """A rewriting in which parameters and whole scalars named in `params` and `known`, and the size of storage if
    given, are constants, and cells that always read as zero are zero."""

    def replace(node: Expr) -> Expr | None:
        match node:
            case Param(width, name) if name in params:
                return const(width, params[name])
            case Read(width, state) if state in known:
                return const(width, known[state])
            case Element(width, state, Const(_, index)) if index in isa.states[state].zero:
                return const(width, 0)
            case Size(width) if size is not None:
                return const(width, size)
        return None

    return rewriter(replace)


def specialise(
    isa: Isa, behaviour: Behaviour, params: Mapping[str, int], known: Mapping[str, int], size: int | None = None
) -> Behaviour:
    return rewrite_behaviour(behaviour, specialiser(isa, params, known, size))


def copied_cells(behaviour: Behaviour) -> dict[str, tuple[str, int]]:
    """Register files whose first cells a behaviour copies from another file, cell by cell and always, and of which it
    sets no others: target to (source, how many). Backends take such a copy as one act, one after the other, so a file
    that is set itself is not copied from."""
    cells: dict[tuple[str, str], list[int]] = {}
    for effect in behaviour.effects:
        match effect:
            case SetElement(guard, target, Const(_, to), Element(_, source, Const(_, at))) if (
                guard is TRUE and to == at
            ):
                cells.setdefault((target, source), []).append(at)
    sets = Counter(e.state for e in behaviour.effects if isinstance(e, SetElement))
    return {
        target: (source, len(at))
        for (target, source), at in cells.items()
        if sorted(at) == list(range(len(at))) and sets[target] == len(at) and not sets[source]
    }


Bits = frozenset[tuple[str, int]]  # a set of bits of scalars: (state, bit number)


def bits_read(roots: Iterable[Expr]) -> Bits:
    """The scalar bits that the expressions depend on; a slice of a scalar counts for its own bits only."""
    found: set[tuple[str, int]] = set()
    roots = tuple(roots)
    users: list[tuple[Expr, ...]] = [roots]
    for node in nodes(*roots):
        if isinstance(node, Apply) and node.op == "slice" and isinstance(node.args[0], Read):
            found.update((node.args[0].state, bit) for bit in range(node.low, node.low + node.width))
        else:
            users.append(node.operands())
    for operands in users:
        for read in operands:
            if isinstance(read, Read):
                found.update((read.state, bit) for bit in range(read.width))
    return frozenset(found)


def bits_written(behaviour: Behaviour) -> Bits:
    """The scalar bits that the behaviour may write."""
    return frozenset(
        (e.state, bit) for e in behaviour.effects if isinstance(e, Write) for bit in range(e.low, e.low + e.value.width)
    )


def masks(isa: Isa, bits: Bits) -> dict[str, int]:
    """The same bits as one mask for each scalar, in the order of the description."""
    found: dict[str, int] = {}
    for state in isa.states.values():
        if state.kind is Kind.SCALAR:
            mask = sum(1 << bit for bit in range(state.width) if (state.name, bit) in bits)
            if mask:
                found[state.name] = mask
    return found
