"""One step of a program, taken on symbolic values: the description's behaviour over a `State`.

An access whose address is a number, or lies in a small table, is to the program's own words. Every other one must be
shown, by the solver, to lie in the window: a store of which that is not so has gone astray, and a load gives anything.
"""

from collections.abc import Callable, Mapping

import z3

from isa.ir.nodes import Effect, Element, Load, Send, SetElement, Store, Write, nodes
from isa.ir.operators import BOOL
from proofs.programs.code import Step
from proofs.programs.state import Setting, State
from proofs.programs.values import Value, Values, known, lifted, lowered, plain
from proofs.terms.symbolic import Term, chosen, deposit, disjunction, negation

TABLE = 1024  # words; what a symbolic address may choose from among the program's own
Inside = Callable[[Term], bool]  # whether an address surely lies in the window


class Astray(Exception):
    """A store that may lie neither in own words nor in the window. `where` is when it does."""

    def __init__(self, where: Term) -> None:
        super().__init__("a store goes astray")
        self.where = where


class Running(Values):
    """The reading of expressions over one state. `params` are the formals."""

    def __init__(
        self, state: State, setting: Setting, inside: Inside, params: Mapping[str, Value] | None = None
    ) -> None:
        super().__init__(setting.ranges)
        self.state, self.setting, self._inside, self.params = state, setting, inside, params or {}
        self._found: dict[int, tuple[Term, bool]] = {}

    # ---- what is read

    def read(self, state: str, width: int) -> Value:
        return self.state.scalars[state]

    def size(self, width: int) -> Value:
        return self.setting.whole

    def param(self, name: str, width: int) -> Value:
        return self.params[name]

    def unknown(self, serial: int, width: int) -> Value:
        return z3.FreshConst(z3.BitVecSort(width), "unknown")

    def recv(self, channel: str, index: Value, width: int) -> Value:
        word = z3.FreshConst(z3.BitVecSort(width), "received")
        self.state.talked += ((channel, index, None),)
        return word

    def element(self, state: str, index: Value, node: Element) -> Value:
        cells = self.state.files[state]
        return cells[index] if known(index) else picked(index, dict(enumerate(cells)), node.width)

    def load(self, index: Value, node: Load) -> Value:
        table = self._table(index)
        if table is not None:
            return picked(index, {a: self.state.word(a) for a in table}, node.width)
        offset = self.offset(index)
        if self.inside(index):
            return lowered(self.state.window.read(lifted(offset, node.index.width)))
        return z3.FreshConst(z3.BitVecSort(node.width), "astray")

    def _table(self, index: Value) -> range | None:
        """The own words that an address may be, if it is surely one of a few."""
        low, high = self.ranges.of(index)
        return range(low, high + 1) if high < self.setting.end and high - low < TABLE else None

    def inside(self, index: Value) -> bool:
        """Whether an address surely lies in the window."""
        at = lifted(index, self.setting.start.size())
        if at.get_id() not in self._found:
            self._found[at.get_id()] = at, self._inside(at)
        return self._found[at.get_id()][1]

    def offset(self, index: Value) -> Value:
        """An address, counted from the beginning of the window."""
        return lowered(lifted(index, self.setting.start.size()) - self.setting.start)

    def addresses(self, step: Step) -> list[Term]:
        """The addresses of a step that neither are numbers nor surely lie in a table."""
        places = [n.index for n in nodes(*(e.value for e in step.effects)) if isinstance(n, Load)]
        places += [e.index for e in step.effects if isinstance(e, Store)]
        return [value for value in map(self.value, places) if self._table(value) is None]

    # ---- what is done

    def perform(self, effects: tuple[Effect, ...], by: int) -> None:
        """Do the effects, all of them over the state before. Raises Astray."""
        done = [self._meant(effect) for effect in effects]
        for act in done:
            act(by)

    def _meant(self, effect: Effect) -> Callable[[int], None]:
        guard, value = self.value(effect.guard), self.value(effect.value)
        if guard is False:
            return lambda by: None
        width = effect.value.width
        match effect:
            case Write(_, name, low, _):
                return lambda by: self._write(guard, name, low, value, width)
            case SetElement(_, name, index, _):
                at = self.value(index)
                return lambda by: self._set(guard, name, at, value, width)
            case Store(_, index, _):
                at = self.value(index)
                return lambda by: self._store(guard, at, value, width, by)
            case Send(_, channel, index, _):
                said = channel, self.value(index), value
                return lambda by: self._send(said)
        raise TypeError(effect)

    def _write(self, guard: Value, name: str, low: int, value: Value, width: int) -> None:
        old, whole = self.state.scalars[name], self.setting.isa.states[name].width
        if (low, width) != (0, whole):
            value = lowered(deposit(lifted(old, whole), low, lifted(value, width)))
        self.state.scalars[name] = either(guard, value, old, whole)

    def _set(self, guard: Value, name: str, at: Value, value: Value, width: int) -> None:
        cells = self.state.files[name]
        for cell in [at] if known(at) else range(len(cells)):
            here = guard if known(at) else lowered(z3.And(lifted(guard, BOOL), at == cell))
            cells[cell] = either(here, value, cells[cell], width)

    def _store(self, guard: Value, at: Value, value: Value, width: int, by: int) -> None:
        table = self._table(at)
        for address in table or ():
            here = guard if known(at) else lowered(z3.And(lifted(guard, BOOL), at == address))
            self.state.store(address, either(here, value, self.state.word(address), width), by)
        if table is None:
            self._store_in_window(lifted(guard, BOOL), at, lifted(value, width))

    def _store_in_window(self, guard: Term, at: Value, value: Term) -> None:
        offset = lifted(self.offset(at), self.setting.start.size())
        inside = z3.ULT(offset, self.setting.size)
        if not self.inside(at):
            raise Astray(z3.And(guard, negation(inside)))
        self.state.window = self.state.window.write(guard, offset, value)

    def _send(self, said: tuple[str, Value, Value]) -> None:
        self.state.talked += (said,)


def either(guard: Value, then: Value, otherwise: Value, width: int) -> Value:
    """The one value or the other, folded where the guard is known."""
    if known(guard):
        return then if guard else otherwise
    return lowered(chosen(guard, lifted(then, width), lifted(otherwise, width)))


def picked(index: Value, table: Mapping[int, Value], width: int) -> Value:
    """The value at an index of a table of successive places; the index surely is one of them. It is cut to as many bits
    as it takes to tell them apart, so that a file of registers and its image in storage give one term."""
    if known(index):
        return table[index]
    first, bits = min(table), (len(table) - 1).bit_length()
    which = plain(z3.Extract(max(bits, 1) - 1, 0, index - first))
    places: dict[int, list[int]] = {}
    terms = [lifted(value, width) for _, value in sorted(table.items())]
    for place, term in enumerate(terms):
        places.setdefault(term.get_id(), []).append(place)
    usual, *others = sorted(places.values(), key=len, reverse=True)
    found = terms[usual[0]]
    for same in others:
        found = z3.If(disjunction(*(which == place for place in same)), terms[same[0]], found)
    return lowered(found)
