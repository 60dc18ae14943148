"""Superinstructions: handlers that do a run of instructions, one after the other, with a single jump at the end.

What a handler costs is mostly the jump to the next one, and to get a register through memory from one to the other. So
the record of the first instruction of a run leads to a handler that does all of them. The other records stay as they
are: operands are taken from them, and whoever jumps there finds them. It is known of each register whether an
instruction before it in the run has written it, and where it is, the value is at hand.

If there are not steps enough for all of a run, its first instruction is done alone. Between two of them all is as it
would be: a guard that fails leaves before its own instruction, a store that has to be noted goes to the careful handler
and on from there. A module of such handlers refers to no other: what they go to they find in the table.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from isa.classes import dataclass
from isa.engines.native.convention import ARGUMENTS, END, IP, STOP, TAIL, tail
from isa.engines.native.exact import Body, Exact
from isa.engines.native.operands import Step, ThreadedValues
from isa.engines.native.plan import Handler
from isa.engines.native.text import METADATA, Value, number
from isa.engines.native.threaded import Threaded
from isa.ir.nodes import TRUE, Effect, Element, Expr, Param, Read, SetElement, Store, Write, nodes
from isa.passes import ways
from isa.passes.normal import copied_cells

Cell = tuple[str, str]  # of a register file, by the name of the operand that is its number


class Part(NamedTuple):
    """An instruction of a run: its handler's number, and for each cell that it reads how many instructions before it
    in the run it was written last; 0 if it was not."""

    serial: int
    sources: tuple[int, ...]


Run = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Traits:
    """What has to be known of a handler to put it in a run: whether it may be in one (`fits`), and be followed there
    (`straight`); which cells it reads and surely writes; of which files it may write other cells; how far it jumps,
    over its operands."""

    fits: bool
    straight: bool
    reads: tuple[Cell, ...]
    writes: tuple[Cell, ...]
    blurs: frozenset[str]
    distance: Expr | None


class FusedStep(Step):
    """A run's text: what is still to be written of it, and what the instructions before have written. The functions of
    another module that it goes to it takes from the table, where they have these `places`."""

    def __init__(self, run: Run, places: Mapping[str, int]) -> None:
        super().__init__()
        self.rest, self.places = list(run), places
        self.backs: list[tuple[str, dict[Value, Value]]] = []  # where it begins again: label, arguments
        self.scalars: dict[str, Value] = {}
        self.cells: list[dict[Cell, Value]] = []  # by instruction, the latest first

    def call(self, result: str, function: str, arguments: Iterable[str], kind: str = "call") -> str:
        if kind == TAIL and function in self.places:
            function = self.pointer(self.at("%table", self.places[function]))
        return super().call(result, function, arguments, kind)


class FusedValues(ThreadedValues):
    """What was written in the run is taken from there."""

    def __init__(self, text: FusedStep, fused: "Fused", part: Part) -> None:
        super().__init__(text, fused.plan, fused.plan.handlers[part.serial - 1])
        self.step = text
        self.sources = dict(zip(fused.traits(part.serial).reads, part.sources, strict=True))
        self.before = list(text.cells)
        text.cells.insert(0, {})
        self.written = text.cells[0]

    def read(self, state: str, width: int) -> Value:
        known = self.step.scalars.get(state)
        return super().read(state, width) if known is None or known.width != width else known

    def element(self, state: str, index: Value, node: Element) -> Value:
        if isinstance(node.index, Param):
            cell = state, node.index.name
            back = self.sources.get(cell, 0)
            if back:
                return next(value for (name, _), value in self.before[back - 1].items() if name == state)
        return super().element(state, index, node)

    def _write(
        self, effect: Effect, guard: Value | None, index: Value, value: Value, store: Callable[[Value, Value], None]
    ) -> None:
        super()._write(effect, guard, index, value, store)
        match effect:
            case Write(_, state, _, _):
                self.step.scalars.pop(state, None)
                if guard is None:
                    self.step.scalars[state] = value
            case SetElement(_, state, Param() as number, _) if guard is None:
                self.written[state, number.name] = value


class Fused(Threaded):
    """Writes the handlers of runs."""

    def __init__(self, exact: Exact) -> None:
        super().__init__(exact)
        self._traits: dict[int, Traits] = {}

    def module(self, runs: list[Run]) -> str:
        """A module of a handler for each run, named as `symbol` says."""
        return "\n".join([*(self.run(symbol(n), run) for n, run in enumerate(runs)), METADATA])

    def run(self, name: str, run: Run) -> str:
        text = FusedStep(run, self.places)
        text.jump("again")
        text.block("again")
        here = len(text.lines)
        short = text.label("short")
        self._sufficient(text, run, short)
        self._on(text, IP)
        text.block(short)
        tail(text, f"@handler.{run[0].serial}")
        for place in (STOP, END):
            backs = "".join(f", [ {places[place].text}, %{label} ]" for label, places in text.backs)
            text.lines.insert(here, f"  {place.text} = phi i64 [ {place.text}.first, %entry ]{backs}")
        arguments = ARGUMENTS.replace(STOP.text, f"{STOP.text}.first").replace(END.text, f"{END.text}.first")
        return text.define(f"define preserve_nonecc i64 @{name}({arguments})")

    def _sufficient(self, text: FusedStep, run: Run, short: str) -> None:
        """Go to `short` unless there are steps enough for all of a run."""
        room = number(64, len(run) * self.plan.record_bytes)
        text.guard(text.compare("ult", text.sub(STOP, IP), room), short)

    def traits(self, serial: int) -> Traits:
        if serial not in self._traits:
            self._traits[serial] = self._found(self.plan.handlers[serial - 1])
        return self._traits[serial]

    def _found(self, handler: Handler) -> Traits:
        behaviour, pc = handler.behaviour, self.isa.pc
        effects = behaviour.effects
        sets = [e for e in effects if isinstance(e, SetElement)]
        sure = [(e.state, e.index.name) for e in sets if isinstance(e.index, Param) and e.guard is TRUE]
        files = [e.state for e in sets]
        reads = {
            (n.state, n.index.name)
            for n in nodes(*behaviour.expressions())
            if isinstance(n, Element) and isinstance(n.index, Param)
        }
        target = ways.target(effects, pc)
        far, trapping = None, any(trap.guard is TRUE for trap in behaviour.traps)
        if target is not None:
            found = ways.branch(target, self._following())
            far = ways.distance(target if found is None else found.then, Read(self.plan.pc_width, pc))
        return Traits(
            fits=sum(isinstance(e, Store) for e in effects) <= 1 and not copied_cells(behaviour) and not trapping,
            straight=target is self._following() and not handler.crosses,
            reads=tuple(sorted(reads)),
            writes=tuple(cell for cell in sure if files.count(cell[0]) == 1),
            blurs=frozenset(files) - {state for state, _ in sure if files.count(state) == 1},
            distance=None if target is self._following() else far,
        )

    def _on(self, text: FusedStep, ip: Value) -> None:
        """The next instruction of the run."""
        part = text.rest.pop(0)
        text.ip = ip
        self._step(text, self.plan.handlers[part.serial - 1], self.careful(part.serial), FusedValues(text, self, part))

    def _dispatch(self, text: Body, ip: Value, stop: Value = STOP, end: Value = END) -> None:
        """A jump to its own beginning stays in the run: a loop is often no longer."""
        if isinstance(text, FusedStep) and stop is not STOP:
            back, away = text.label("back"), text.label("away")
            text.branch(text.compare("eq", ip, IP), back, away)
            text.block(back)
            self._again(text, back, stop, end)
            text.block(away)
        super()._dispatch(text, ip, stop, end)

    def _again(self, text: FusedStep, label: str, stop: Value, end: Value) -> None:
        text.backs.append((label, {STOP: stop, END: end}))
        text.jump("again")

    def _next(self, text: Body, ip: Value, stop: Value = STOP) -> None:
        if isinstance(text, FusedStep) and text.rest:
            self._on(text, ip)
        else:
            super()._next(text, ip, stop)


def sources(found: list[tuple[Traits, Mapping[str, int]]]) -> tuple[int, ...]:
    """Where the last of these instructions, each with its operands, finds the cells that it reads: see `Part`."""
    *before, (last, operands) = found
    result = []
    for state, name in last.reads:
        source = 0
        for back, (traits, others) in enumerate(reversed(before), 1):
            if any(s == state and others[n] == operands[name] for s, n in traits.writes):
                source = back
            if source or state in traits.blurs:
                break
        result.append(source)
    return tuple(result)


def symbol(number: int) -> str:
    """The name of a handler in its module."""
    return f"fused.{number}"
