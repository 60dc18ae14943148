"""One step in Python: a function for the prologue, the fetch, each instruction and the trap entry of a machine.

These functions are the oracle: each is its IR, printed. They take the block of state `s`, the cells of storage `m`,
the engine `e` and the operands, and return a `Trap` (and then have changed nothing) or None. They are made on first
use and shared by all machines of one description.
"""

from collections.abc import Callable
from functools import cached_property, lru_cache
from types import MethodType, SimpleNamespace
from typing import Any, NamedTuple

from isa.description import Instruction, Isa, Role
from isa.encoding import decoder
from isa.engines.reference.blocks import Translator
from isa.engines.reference.source import (
    PythonSource,
    bare,
    behaviour_function,
    compiled,
    function,
    identifier,
    uses,
    values_function,
)
from isa.ir.fold import both, const, either, eq, negate
from isa.ir.nodes import Behaviour, Expr, Load, Origin, Read, Recv, TrapIf, Unknown, Write, nodes
from isa.ir.operators import NAMES
from isa.machine.exits import Trap
from isa.machine.state import layout_of
from isa.machine.time import Time, time_of
from isa.passes.normal import merge, next_values

Function = Callable[..., Any]
_NAMES = {
    **NAMES,
    "Trap": MethodType(tuple.__new__, Trap),  # of one tuple, which costs half of what the names of its parts do
    "Origin": SimpleNamespace(**Origin.__members__),
}  # an Enum is slow to ask
_FIRST = ("s", "m", "e")


MOST_WORDS = 1 << 16  # how many decoded words are kept; bounds what a program that writes itself can use


class Decoded(NamedTuple):
    """A word made ready to run: the step's function and its operands, whether and how it may spin, whether it may stand
    in a block, whether it is quiet (see `Translator`), and the instruction's name (empty for an unassigned word)."""

    step: Function
    operands: tuple[int, ...]
    spin: Function | None
    plain: bool
    quiet: bool
    name: str


class Steps:
    """The compiled steps of one machine description."""

    def __init__(self, isa: Isa) -> None:
        self.isa = isa
        self.layout = layout_of(isa)
        self.where = {name: ("s", slot.first) for name, slot in self.layout.slots.items()}
        self.time: Time | None = time_of(isa)
        self._instructions: dict[str, Function] = {}
        self._spins: dict[str, Function | None] = {}
        self._conditions: dict[str, Expr | None] = {}
        self.decoder = decoder(isa)
        self.translator = Translator(isa)
        self.decoded: dict[int, Decoded] = {}
        self.begin = self._fetched("begin", isa.prologue.traps + isa.fetch.traps)
        self.fetch = self._fetched("fetch", isa.fetch.traps)
        self.unassigned = self._made("unassigned", self._whole(isa.unassigned), ("insn",))
        self.entry = self._made("entry", isa.entry, ("cause", "info"))
        self.reset = self._made("reset", isa.reset, ())

    def instruction(self, name: str) -> Function:
        """`f(s, m, e, *operands, insn)`: the step of this instruction after prologue and fetch let it through."""
        if name not in self._instructions:
            source = self.source(name)
            self._instructions[name] = compiled(source, name, _NAMES)
        return self._instructions[name]

    def decode(self, word: int) -> Decoded:
        """What a word is: made once for each word, and shared by all machines of the description."""
        found = self.decoder.decode(word)
        if found is None:
            decoded = Decoded(self.unassigned, (word,), None, False, False, "")
        else:
            instruction, bits = found
            name = instruction.name
            operands = (*(bits[use.name] for use in instruction.uses), word)
            plain, quiet = self.translator.plain(name), self.translator.quiet(name)
            decoded = Decoded(self.instruction(name), operands, self.spin(name), plain, quiet, name)
        if len(self.decoded) >= MOST_WORDS:
            self.decoded.clear()
        self.decoded[word] = decoded
        return decoded

    def source(self, name: str) -> str:
        """The Python that runs an instruction, as `trapline explain` shows it."""
        instruction = self.isa.instructions[name]
        behaviour = self._whole(instruction.behaviour)
        doc = f"{instruction.name} {instruction.template}"
        return self.behaviour_source(name, behaviour, parameters(instruction), doc)

    def _whole(self, body: Behaviour) -> Behaviour:
        """A step that prologue and fetch let through."""
        return Behaviour((), self.isa.prologue.effects).then(body)

    def behaviour_source(self, name: str, behaviour: Behaviour, params: tuple[str, ...], doc: str = "") -> str:
        arguments = (*_FIRST, *(identifier(p) for p in params))
        return behaviour_function(name, merge(self.isa, behaviour), self.where, arguments, doc)

    def values(self, name: str, expressions: tuple[Expr, ...], params: tuple[str, ...] = ()) -> Function:
        """`f(s, m, e, *params)`: the value of one expression, or a tuple of several."""
        arguments = (*_FIRST, *(identifier(p) for p in params))
        return compiled(values_function(name, expressions, self.where, arguments), name, _NAMES)

    def spin(self, name: str) -> Function | None:
        """`f(s, m, e, *operands, insn)`: whether the step would leave everything but the counters as it is; None for an
        instruction that can never do so."""
        if name not in self._spins:
            condition = self.spin_condition(self.isa.instructions[name])
            params = parameters(self.isa.instructions[name])
            self._spins[name] = None if condition is None else self.values("spin", (condition,), params)
        return self._spins[name]

    def spin_horizon(self, name: str) -> Function:
        """`f(s, m, e, *operands, insn)`: after how many steps a spinning instruction would first do something else."""
        key = f"{name} horizon"
        if key not in self._instructions:
            instruction = self.isa.instructions[name]
            horizon, params = self.spin_horizon_value(instruction), parameters(instruction)
            self._instructions[key] = self.values("spin_horizon", (horizon,), params)
        return self._instructions[key]

    def spin_horizon_value(self, instruction: Instruction) -> Expr:
        """The same for an instruction that may spin, as IR."""
        condition = self.spin_condition(instruction)
        assert self.time is not None and condition is not None
        horizon = self.time.horizon((negate(condition),))
        assert horizon is not None
        return horizon

    @cached_property
    def advance(self) -> Function:
        """`f(s, m, e, steps)`: moves the counters by that many untrapped steps."""
        assert self.time is not None
        return self._made("advance", self.time.advance(), ("steps",))

    @cached_property
    def horizon(self) -> Function:
        """`f(s, m, e)`: after how many untrapped steps the prologue would trap."""
        assert self.time is not None
        horizon = self.time.horizon()
        assert horizon is not None
        return self.values("horizon", (horizon,))

    @cached_property
    def fetch_index(self) -> Function | None:
        """`f(s, m, e)`: where the instruction word lies in storage; None if the fetch is not a plain access."""
        word = self.isa.fetch.word
        return self.values("fetch_index", (word.index,)) if isinstance(word, Load) else None

    @cached_property
    def place(self) -> Function:
        """`f(s, m, e)`: the same before the fetch, and so None as well if that would trap."""
        word, guards = self.isa.fetch.word, [trap.guard for trap in self.isa.fetch.traps]
        if not isinstance(word, Load):
            return lambda s, m, e: None
        source = PythonSource(self.where, uses([*guards, word.index]))
        source.reserve(_FIRST)
        for guard in guards:
            source.emit(f"if {bare(source.value(guard))}: return None")
        source.emit(f"return {source.value(word.index)}")
        return compiled(function("place", _FIRST, source.lines), "place", _NAMES)

    @property
    def halted(self) -> Expr:
        """Whether a place with the role @halt is not zero."""
        places = self.isa.roles[Role.HALT]
        return either(*(negate(eq(self.isa.read(place), const(place.width, 0))) for place in places))

    @cached_property
    def context(self) -> Function:
        """`f(s)`: the state that decides where code lies, a tuple; None of a machine that has halted."""
        cells = [
            f"s[{self.layout.slots[state].first}] & {mask:#x}, " for state, mask in self.translator.context.items()
        ]
        halted = PythonSource(self.where, uses([self.halted]))
        halted.emit(f"return None if {bare(halted.value(self.halted))} else ({''.join(cells)})")
        return compiled(function("context", ("s",), halted.lines), "context", _NAMES)

    def spin_condition(self, instruction: Instruction) -> Expr | None:
        """When an instruction comes back to itself with nothing changed but time; None if it never does. Found once:
        engines ask for it at several places of the same instruction."""
        if instruction.name not in self._conditions:
            self._conditions[instruction.name] = self._spin_condition(instruction)
        return self._conditions[instruction.name]

    def _spin_condition(self, instruction: Instruction) -> Expr | None:
        step = Behaviour((), self.isa.prologue.effects).then(instruction.behaviour)
        following = next_values(self.isa, step)
        counters = {m.place.state for m in self.time.moving} if self.time else set()
        only_pc = set(following) <= counters | {self.isa.pc} and not _touches_more(instruction.behaviour, counters)
        if self.time is None or not only_pc or self.isa.pc not in following:
            return None
        stays = eq(following[self.isa.pc], Read(following[self.isa.pc].width, self.isa.pc))
        untrapped = (negate(t.guard) for t in instruction.behaviour.traps)
        condition = both(stays, *untrapped)
        return condition if self.time.horizon((negate(condition),)) is not None else None

    def _made(self, name: str, behaviour: Behaviour, params: tuple[str, ...]) -> Function:
        return compiled(self.behaviour_source(name, behaviour, params), name, _NAMES)

    def _fetched(self, name: str, traps: tuple[TrapIf, ...]) -> Function:
        """`f(s, m, e)`: the instruction word, or the first of these traps that is due before it is there."""
        word = self.isa.fetch.word
        fetched = [word, word.index] if isinstance(word, Load) else [word]
        source = PythonSource(self.where, uses([*(t.guard for t in traps), *fetched]))
        source.reserve(_FIRST)
        for trap in traps:
            source.trap(trap)
        if name == "begin" and isinstance(word, Load):
            source.emit(f"e.place_of_word = {source.value(word.index)}")
        source.emit(f"return {source.value(self.isa.fetch.word)}")
        return compiled(function(name, _FIRST, source.lines), name, _NAMES)


def parameters(instruction: Instruction) -> tuple[str, ...]:
    """What a compiled instruction takes: its operands, and the word itself."""
    return (*(use.name for use in instruction.uses), "insn")


def _touches_more(behaviour: Behaviour, counters: set[str]) -> bool:
    """Whether the body writes anything that `next_values` does not show, or a counter itself, or asks a device."""
    if any(not isinstance(e, Write) or e.state in counters for e in behaviour.effects):
        return True
    return any(isinstance(n, Recv | Unknown) for n in nodes(*behaviour.expressions()))


@lru_cache(maxsize=64)
def steps_of(isa: Isa) -> Steps:
    """The compiled steps of a description, made once."""
    return Steps(isa)
