"""The symbolic reading: the same IR over solver terms.

A state is terms; storage and register files are a base function with a log of guarded writes, later over earlier, so
nothing forks on an index and no array theory is needed. The storage of a virtual machine is *defined* as a window of
the storage below it. A channel is an unknown stream: what is received is a function of the port, and what was done to
the channel is an `Exchange` that two runs must agree on.

z3's own `==` makes Python truth values of terms silently; terms here are compared with `same`, and never branched on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

import z3

from isa.description import Isa, Kind, Place, Role
from isa.ir.nodes import Apply, Behaviour, Element, Expr, Load, Recv, Send, SetElement, Store, Write, nodes
from isa.ir.operators import BOOL, smt_text
from isa.ir.reading import Reading
from isa.passes.normal import copied_cells

Term = Any  # a z3 bit-vector or truth value; z3 has no types of its own
Cells = Callable[[Term], Term]
z3.z3.Z3_DEBUG = False  # as under `python -O`: descriptions are typed, and the library itself refuses what is not
TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)


def is_one(a: Term, b: Term) -> bool:
    """Whether two terms are one. The solver keeps each term once, so where it lies tells, and z3's own `eq` takes ten
    times as long."""
    return bool(a.ast.value == b.ast.value)


def is_true(term: Term) -> bool:
    return is_one(term, TRUE)


def is_false(term: Term) -> bool:
    return is_one(term, FALSE)


def same(a: Term, b: Term) -> Term:
    """Equality as a term; truth by identity where the terms are one."""
    return TRUE if is_one(a, b) else a == b


def conjunction(*conditions: Term) -> Term:
    """And, folded for none and one, so that what is written out is SMT-LIB."""
    parts = [c for c in conditions if not is_true(c)]
    return TRUE if not parts else parts[0] if len(parts) == 1 else z3.And(*parts)


def disjunction(*conditions: Term) -> Term:
    parts = [c for c in conditions if not is_false(c)]
    return FALSE if not parts else parts[0] if len(parts) == 1 else z3.Or(*parts)


def negation(condition: Term) -> Term:
    return FALSE if is_true(condition) else TRUE if is_false(condition) else z3.Not(condition)


def chosen(condition: Term, then: Term, otherwise: Term) -> Term:
    """If, folded where the condition is known."""
    return then if is_true(condition) else otherwise if is_false(condition) else z3.If(condition, then, otherwise)


def amount(shift: Term, width: int) -> Term:
    """A shift's amount at the width of what is shifted; too large stays too large."""
    more = width - shift.size()
    if more >= 0:
        return z3.ZeroExt(more, shift) if more else shift
    return z3.If(z3.ULT(shift, width), z3.Extract(width - 1, 0, shift), z3.BitVecVal(-1, width))


_FUNCTIONS = ["UDiv", "URem", "SRem", "LShR", "ULT", "ULE", "If", "And", "Or", "Not"]
_FUNCTIONS += ["ZeroExt", "SignExt", "Extract", "Concat"]
_NAMES = {name: getattr(z3, name) for name in _FUNCTIONS} | {"amount": amount}


@cache
def smt_meaning(op: str, widths: tuple[int, ...], width: int, low: int) -> Callable[..., Term]:
    """The meaning of an operator at these widths, as a function of terms."""
    names = tuple(f"a{i}" for i in range(len(widths)))
    text = smt_text(op, names, widths, width, low)
    meaning: Callable[..., Term] = eval(f"lambda {', '.join(names)}: {text}", {"__builtins__": {}, **_NAMES})
    return meaning


once = lru_cache(maxsize=64)  # for what is made of states: making a term takes as long as asking about it


# ---- memories


@dataclass(frozen=True)
class Memory:
    """Cells behind a base function, and what was written since: (guard, index, value), in order. What was read of it
    once is kept, with its index, so that the number of that term stays its own: states share what no step changes."""

    base: Cells
    log: tuple[tuple[Term, Term, Term], ...] = ()
    known: dict[int, tuple[Term, Term]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def read(self, index: Term) -> Term:
        if (number := index.get_id()) not in self.known:
            self.known[number] = index, self._read(index)
        return self.known[number][1]

    def _read(self, index: Term) -> Term:
        value = self.base(index)
        for guard, at, written in self.log:
            here = TRUE if is_one(at, index) else z3.simplify(at - index == 0)
            if not is_false(here):
                value = chosen(conjunction(guard, here), written, value)
        return value

    def write(self, guard: Term, index: Term, value: Term) -> "Memory":
        return self if is_false(guard) else replace(self, log=(*self.log, (guard, index, value)))

    def window(self, offset: Term) -> "Memory":
        """The same cells counted from `offset`, with a log of their own."""
        return Memory(lambda index: self.read(offset + index))


def cells(name: str, index_width: int, width: int) -> Cells:
    """Arbitrary cells: an uninterpreted function."""
    function = z3.Function(name, z3.BitVecSort(index_width), z3.BitVecSort(width))
    return lambda index: function(index)


# ---- states


@dataclass(frozen=True, eq=False)
class SymbolicState:
    """A state as terms. `received` gives what a channel's port would deliver next, by channel name. A state is itself
    alone: what was made of it once (`once`) is found by its identity."""

    isa: Isa
    scalars: Mapping[str, Term]
    arrays: Mapping[str, Memory]
    storage: Memory
    size: Term
    received: Mapping[str, Cells]

    def at(self, place: Place) -> Term:
        """The value of a place."""
        return bits(self.scalars[place.state], place.low, place.width)

    def put(self, place: Place, value: Term) -> "SymbolicState":
        """The state with a place set."""
        whole = deposit(self.scalars[place.state], place.low, value)
        return replace(self, scalars={**self.scalars, place.state: whole})


def bits(term: Term, low: int, width: int) -> Term:
    return term if width == term.size() else z3.Extract(low + width - 1, low, term)


def deposit(whole: Term, low: int, part: Term) -> Term:
    """`whole` with bits [low, low + part.size()) replaced."""
    top, width = low + part.size(), whole.size()
    pieces = [z3.Extract(width - 1, top, whole)] if top < width else []
    pieces += [part] + ([z3.Extract(low - 1, 0, whole)] if low else [])
    return pieces[0] if len(pieces) == 1 else z3.Concat(*pieces)


@lru_cache(maxsize=16)
def arbitrary(isa: Isa, tag: str = "") -> SymbolicState:
    """A state of which nothing is known but what the description promises (cells that are always zero)."""
    scalars = {s.name: z3.BitVec(f"{s.name}{tag}", s.width) for s in isa.scalars()}
    arrays = {s.name: Memory(_file(isa, s.name, tag)) for s in isa.states.values() if s.kind is Kind.ARRAY}
    storage = Memory(cells(f"{isa.storage.name}{tag}", isa.word, isa.storage.width))
    channels = {
        s.name: cells(f"{s.name}{tag}", index_width(s.count), s.width)
        for s in isa.states.values()
        if s.kind is Kind.CHANNEL
    }
    return SymbolicState(isa, scalars, arrays, storage, z3.BitVec(f"size{tag}", isa.word), channels)


def index_width(count: int) -> int:
    return max(1, (count - 1).bit_length())


def _file(isa: Isa, name: str, tag: str) -> Cells:
    state = isa.states[name]
    read = cells(f"{name}{tag}", index_width(state.count), state.width)

    def cell(index: Term) -> Term:
        value = read(index)
        for zero in sorted(state.zero):
            value = z3.If(index == zero, z3.BitVecVal(0, state.width), value)
        return value

    return cell


# ---- the reading


@cache
def constant(width: int, value: int) -> Term:
    """A number of `width` bits, or a truth value."""
    return z3.BoolVal(bool(value)) if width == BOOL else z3.BitVecVal(value, width)


class Symbolic(Reading[Term]):
    """Reads expressions over one state. `params` are the formals; `tag` keeps one run's unknowns from another's."""

    def __init__(self, state: SymbolicState, params: Mapping[str, Term] | None = None, tag: str = "") -> None:
        super().__init__()
        self.state, self.params, self.tag = state, params or {}, tag

    def const(self, width: int, value: int) -> Term:
        return constant(width, value)

    def apply(self, node: Apply, args: tuple[Term, ...]) -> Term:
        widths = tuple(a.width for a in node.args)
        return smt_meaning(node.op, widths, node.width, node.low)(*args)

    def read(self, state: str, width: int) -> Term:
        return self.state.scalars[state]

    def element(self, state: str, index: Term, node: Element) -> Term:
        return self.state.arrays[state].read(index)

    def load(self, index: Term, node: Load) -> Term:
        value = self.state.storage.read(index)
        return z3.If(self.inside(index), value, constant(node.width, 0))

    def size(self, width: int) -> Term:
        return self.state.size

    def param(self, name: str, width: int) -> Term:
        return self.params[name] if name in self.params else z3.BitVec(f"operand_{name}", width)

    def recv(self, channel: str, index: Term, width: int) -> Term:
        return self.state.received[channel](index)

    def inside(self, index: Term) -> Term:
        """Whether an absolute index lies in storage."""
        return z3.ULT(index, self.state.size)

    def addresses(self, indices: Iterable[Expr]) -> list[Term]:
        """Different absolute indices, counted from the base of a machine that has one."""
        bases = self.state.isa.roles[Role.BASE]
        if len(bases) != 1:
            return []
        base = self.state.at(bases[0])
        found = {index.get_id(): index for index in map(self.value, indices) if index.size() == base.size()}
        return [z3.simplify(index - base) for index in found.values()]

    def facts(self, addresses: Iterable[Term]) -> list[Term]:
        """What is true of all numbers, at these addresses (`sum_fact`), since solvers are bad at finding it: sums
        compared on both sides."""
        return [sum_fact(self.state.at(self.state.isa.the(Role.BASE)), a, self.state.size) for a in addresses]

    def facts_of(self, *read: Expr) -> list[Term]:
        """The same at all addresses that these expressions load from."""
        return self.facts(self.addresses(n.index for n in nodes(*read) if isinstance(n, Load)))

    def unknown(self, serial: int, width: int) -> Term:
        return z3.BitVec(f"unknown{serial}{self.tag}", width)


def sum_fact(base: Term, address: Term, size: Term) -> Term:
    """`base <= size` and `address < size - base` give `base + address < size`. Valid: `tests` proves it once. Said of
    `base < size` as well, which is the form that guards have: then nothing need be taken apart into bits."""
    below = z3.Or(z3.ULT(base, size), z3.ULE(base, size))
    return z3.Implies(z3.And(below, z3.ULT(address, size - base)), z3.ULT(z3.simplify(base + address), size))


# ---- running


@dataclass(frozen=True)
class Exchange:
    """What a step does to channels: whether it receives from and sends to a channel, where, and the word sent."""

    channel: str
    guard: Term
    port: Term
    word: Term | None


@dataclass(frozen=True)
class Attempt:
    """A step that was tried and not delivered: whether it traps, whether the trap that is demanded is one of a view
    (a memory trap), its cause and info, and the state and exchanges if it does not trap. `facts` are true of all
    states and may be given to the solver as hints; `addresses` are those of its accesses, relative to the base."""

    trapped: Term
    memory: Term
    cause: Term
    info: Term
    state: SymbolicState
    exchanges: tuple[Exchange, ...] = ()
    facts: tuple[Term, ...] = ()
    addresses: tuple[Term, ...] = ()


def attempt(
    behaviour: Behaviour, state: SymbolicState, params: Mapping[str, Term] | None = None, tag: str = ""
) -> Attempt:
    """Run a behaviour on a state."""
    return _free_attempt(behaviour, state, tag) if params is None else _attempt(behaviour, Symbolic(state, params, tag))


@once
def _free_attempt(behaviour: Behaviour, state: SymbolicState, tag: str) -> Attempt:
    """An instruction is asked many questions of the same states."""
    return _attempt(behaviour, free_reading(state, tag))


@once
def free_reading(state: SymbolicState, tag: str = "") -> Symbolic:
    """The reading of a state with any operands: the instructions of a machine have much in common."""
    return Symbolic(state, None, tag)


def _attempt(behaviour: Behaviour, reading: Symbolic) -> Attempt:
    isa = reading.state.isa
    guards = [reading.value(t.guard) for t in behaviour.traps]
    infos = [reading.value(t.info) for t in behaviour.traps]
    cause, info = z3.BitVecVal(0, isa.cause_width), z3.BitVecVal(0, isa.info_width)
    memory = FALSE
    for trap, guard, what in reversed(list(zip(behaviour.traps, guards, infos, strict=True))):
        cause = z3.If(guard, z3.BitVecVal(trap.cause, isa.cause_width), cause)
        info = z3.If(guard, what, info)
        memory = disjunction(guard, memory) if trap.view else _and_not(memory, guard)
    after, exchanges = _after(behaviour, reading)
    addresses = reading.addresses(_looked_at(behaviour)[1])
    facts = reading.facts(addresses)
    return Attempt(disjunction(*guards), memory, cause, info, after, exchanges, tuple(facts), tuple(addresses))


def _and_not(claim: Term, guard: Term) -> Term:
    return claim if is_false(claim) else conjunction(negation(guard), claim)


def perform(behaviour: Behaviour, state: SymbolicState, params: Mapping[str, Term] | None = None) -> SymbolicState:
    """The state after a behaviour that cannot trap, such as the trap entry."""
    return _after(behaviour, Symbolic(state, params) if params else free_reading(state))[0]


@lru_cache(maxsize=256)
def _looked_at(behaviour: Behaviour) -> tuple[tuple[Recv, ...], tuple[Expr, ...]]:
    """What a behaviour receives, and the indices in storage where it loads and stores."""
    read = list(nodes(*behaviour.expressions()))
    loaded = (n.index for n in read if isinstance(n, Load))
    stored = (e.index for e in behaviour.effects if isinstance(e, Store))
    return tuple(n for n in read if isinstance(n, Recv)), tuple(dict.fromkeys((*loaded, *stored)))


def _after(behaviour: Behaviour, reading: Symbolic) -> tuple[SymbolicState, tuple[Exchange, ...]]:
    state = reading.state
    scalars, arrays, storage = dict(state.scalars), dict(state.arrays), state.storage
    received = _looked_at(behaviour)[0]
    exchanges = [Exchange(n.channel, TRUE, reading.value(n.index), None) for n in received]
    whole = copied_files(state.isa, behaviour)
    arrays |= {target: state.arrays[source] for target, source in whole.items()}
    for effect in behaviour.effects:
        if isinstance(effect, SetElement) and effect.state in whole:
            continue
        guard, value = reading.value(effect.guard), reading.value(effect.value)
        match effect:
            case Write(_, name, low, _):
                scalars[name] = chosen(guard, deposit(scalars[name], low, value), scalars[name])
            case SetElement(_, name, index, _):
                arrays[name] = arrays[name].write(guard, reading.value(index), value)
            case Store(_, index, _):
                at = reading.value(index)
                storage = storage.write(conjunction(guard, reading.inside(at)), at, value)
            case Send(_, channel, index, _):
                exchanges.append(Exchange(channel, guard, reading.value(index), value))
    return replace(state, scalars=scalars, arrays=arrays, storage=storage), tuple(exchanges)


def copied_files(isa: Isa, behaviour: Behaviour) -> dict[str, str]:
    """Register files that a behaviour copies whole, cell by cell: target to source. Taken as one, they stay the same
    terms on both sides, and products and quotients of them are never taken apart."""
    counts = {name: state.count for name, state in isa.states.items()}
    copies = copied_cells(behaviour).items()
    return {target: source for target, (source, count) in copies if count == counts[source.rpartition(".")[2]]}


def same_exchanges(ours: tuple[Exchange, ...], theirs: tuple[Exchange, ...]) -> Term:
    """Whether two runs of one behaviour did the same to the channels."""
    return conjunction(*(_same_exchange(a, b) for a, b in zip(ours, theirs, strict=True)))


def _same_exchange(a: Exchange, b: Exchange) -> Term:
    said = TRUE if a.word is None or b.word is None else same(a.word, b.word)
    return conjunction(same(a.guard, b.guard), z3.Implies(a.guard, conjunction(same(a.port, b.port), said)))
