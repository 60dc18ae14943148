"""Bugs planted in the monitor: the property that each breaks says so, within a few generated guests."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import cycle
from random import Random
from typing import Any
from unittest.mock import patch

import pytest

from isa.description import Place, Role, State
from isa.ir.fold import add, const, either, eq, insert, select, slice_, sub, ult
from isa.ir.nodes import Behaviour, Expr, SetElement
from isa.machine import Machine, Pause, Trap
from isa.machine.time import COUNT_WIDTH, NEVER
from monitor import Monitor, VirtualMachine
from monitor.allocator import Allocator
from monitor.compiled import CompiledCore
from monitor.core import VIRTUAL, Core, read
from monitor.dispatcher import Dispatcher
from proofs.runs.broken import Broken, Property
from proofs.runs.generation import generator
from proofs.runs.justification import justified
from proofs.runs.properties import alone, tally
from tests.machines_to_test import BY_DAY, EACH, G3, MACHINES

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(2)]

GUESTS = 150
_NOW, _STEP, _NEVER = (const(COUNT_WIDTH, n) for n in (0, 1, NEVER))

# ---- bugs in the core: what is loaded into the machine below, and what is copied back


class Untidy(Core):
    """Composes relocation without asking whether the base lies in the window: the room wraps."""

    def set_places(self) -> Iterator[tuple[Place, Expr]]:
        mode, base, bound = (self.isa.the(r) for r in (Role.MODE, Role.BASE, Role.BOUND))
        yield mode, const(mode.width, self._guest)
        room = sub(self.allocation.size, self.virtual(base))
        yield base, add(self.allocation.offset, self.virtual(base))
        yield bound, select(ult(self.virtual(bound), room), self.virtual(bound), room)


class Stingy(Core):
    """Composes a bound that is one too small, so that the last word of each window is emulated."""

    def set_places(self) -> Iterator[tuple[Place, Expr]]:
        for place, value in super().set_places():
            zero = const(place.width, 0)
            short = select(ult(zero, value), sub(value, const(place.width, 1)), zero)
            yield place, short if place == self.isa.the(Role.BOUND) else value


class Careless(Core):
    """Runs the guest in its own mode."""

    def set_places(self) -> Iterator[tuple[Place, Expr]]:
        for place, value in super().set_places():
            yield place, self.virtual(place) if place == self.isa.the(Role.MODE) else value


class Generous(Core):
    """Lets the guest's interrupt enable into the real machine."""

    def mapped(self, state: State) -> Expr:
        value = super().mapped(state)
        for place in self.isa.roles[Role.ENABLE]:
            if place.state == state.name:
                value = insert(value, place.low, slice_(read(VIRTUAL, state), place.low, place.width))
        return value


class Forgetful(Core):
    """Does not copy the last register back."""

    @property
    def save(self) -> Behaviour:  # type: ignore[override]
        whole = super().save.effects
        cells = [e for e in whole if isinstance(e, SetElement)]
        return Behaviour((), tuple(e for e in whole if e is not cells[-1]))


class Early(Core):
    """Ends a direct run one step before the interrupt is due."""

    @property
    def horizon(self) -> Expr:  # type: ignore[override]
        right = super().horizon
        return select(either(eq(right, _NOW), eq(right, _NEVER)), right, sub(right, _STEP))


class Tardy(Core):
    """Ends a direct run one step after the interrupt was due."""

    @property
    def horizon(self) -> Expr:  # type: ignore[override]
        right = super().horizon
        return select(eq(right, _NEVER), right, add(right, _STEP))


# ---- bugs in the dispatcher


class Lazy(Dispatcher):
    """Interprets everything: equivalent, safe, and no virtual machine monitor."""

    def _stretch(self, limit: int, most: int) -> Trap | Pause | None:
        return self.interpret(None)


class Hasty(Dispatcher):
    """Lets the guest's clock tick once more for each direct run."""

    def _direct(self, allowed: int) -> Trap | Pause:
        end = super()._direct(allowed)
        self._steps.advance(self.vm.state.block, None, None, 1)
        return end


class Vague(Dispatcher):
    """Reflects traps without their information."""

    def enter(self, trap: Trap) -> None:
        super().enter(trap._replace(info=0))


class Mute(Dispatcher):
    """Emulates a send by doing nothing."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.interpreter.send = lambda channel, index, word: None  # type: ignore[method-assign]


class Astray(Dispatcher):
    """Interprets on the storage of the machine below."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        interpreter, storage = self.interpreter, self.below.storage
        interpreter.storage, interpreter.stores = storage, storage.cells
        interpreter.lines, interpreter.touch = storage.lines, storage.touch  # type: ignore[method-assign]


class Wide(Dispatcher):
    """Thinks that the window is larger than it is."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._window = (self._window[0], self._window[1] + 8)


# ---- bugs in the allocator and the scheduler


class Overlapping(Allocator):
    """Begins at the very first page."""

    def _fit(self, wanted: int, size: int) -> int:
        return 0


class Overrunning(Monitor):
    """Gives a guest one step more than its turn has."""

    def turn(self, vm: VirtualMachine, quantum: int) -> Any:
        return super().turn(vm, quantum + 1)


CORES = {
    Untidy: Property.CONTROL,
    Careless: Property.CONTROL,
    Generous: Property.CONTROL,
    Stingy: Property.EFFICIENCY,
    Forgetful: Property.EQUIVALENCE,
    Early: Property.EFFICIENCY,
    Tardy: Property.EQUIVALENCE,
}
DISPATCHERS = {
    Lazy: Property.EFFICIENCY,
    Hasty: Property.EQUIVALENCE,
    Vague: Property.EQUIVALENCE,
    Mute: Property.EQUIVALENCE,
    Astray: Property.CONTROL,
    Wide: Property.CONTROL,
}


def found(name: str, make: Callable[[Machine], Monitor] = Monitor, guests: int = GUESTS) -> Broken | None:
    """What the first guest that breaks anything breaks."""
    isa = MACHINES[name]
    runs = (alone(isa, generator(isa).guest(Random(seed)), 1, justified(isa), make) for seed in range(guests))
    return next((broken for broken in runs if broken is not None), None)


def with_core(core: type[Core]) -> Callable[[Machine], Monitor]:
    def make(below: Machine) -> Monitor:
        monitor = Monitor(below)
        monitor.core = CompiledCore(core(below.isa))
        return monitor

    return make


def dispatching(dispatcher: type[Dispatcher]) -> AbstractContextManager[Any]:
    return patch("monitor.monitor.Dispatcher", dispatcher)


@BY_DAY
def test_the_monitor_without_a_bug_breaks_nothing(name: str) -> None:
    assert found(name, with_core(Core), 20) is None


@pytest.mark.parametrize(("name", "core"), list(zip(cycle(MACHINES), CORES, strict=False)))
def test_a_bug_in_the_core_is_found(name: str, core: type[Core]) -> None:
    broken = found(name, with_core(core))
    assert broken is not None and broken.which is CORES[core], broken


@pytest.mark.parametrize(("name", "dispatcher"), list(zip(cycle(MACHINES), DISPATCHERS, strict=False)))
def test_a_bug_in_the_dispatcher_is_found(name: str, dispatcher: type[Dispatcher]) -> None:
    with dispatching(dispatcher):
        broken = found(name)
    assert broken is not None and broken.which is DISPATCHERS[dispatcher], broken


@EACH
def test_a_bug_in_the_allocator_is_found(name: str) -> None:
    with patch("monitor.monitor.Allocator", Overlapping):
        broken = found(name)
    assert broken is not None and broken.which is Property.CONTROL, broken


@EACH
def test_a_bug_in_the_scheduler_is_found(name: str) -> None:
    broken = found(name, Overrunning)
    assert broken is not None and broken.which is Property.CONTROL, broken


@pytest.mark.parametrize("machine", [pytest.param("g3_sgdt", marks=pytest.mark.nightly), "g3_jrst", "g3_popf"])
def test_a_machine_that_fails_theorem_1_is_shown_by_a_few_lines(machine: str) -> None:
    from isa.machines.catalogue import find

    found = tally(find(machine), range(300), failures=1)
    instructions = find(machine).instructions.items()
    culprits = [
        name for name, i in instructions if name not in G3.instructions or i.meaning != G3.instructions[name].meaning
    ]
    assert found.failures and found.failures[0].which is Property.EQUIVALENCE
    assert len(found.failures[0].listing) < 20
    assert culprits and any(f" {culprit} " in line for culprit in culprits for line in found.failures[0].listing)


def test_the_modes_are_told_apart() -> None:
    assert {name: isa.modes.guest for name, isa in MACHINES.items()} == {"g3": 1, "m16": 0}
