"""Every guest gives the same trace and the same output in every engine, bare and monitored.

A traced machine steps singly, so guests run by turns: some steps that are traced, and many that are not, after which
everything is compared.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from guests.catalogue import Guest, describe, guests
from isa.description import Isa
from isa.devices import Console
from isa.engines.choice import bare
from isa.machine import Machine, Reason, Storage
from isa.machine.trace import TraceLine, each_line
from isa.machines.catalogue import find
from monitor.monitor import tower
from tests.engines.differential import Shown, shown
from tests.engines.engines import ENGINES, Switch, native
from tests.guests.boot import image_of, outfit
from tests.machines_to_test import HERE, M16

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(3)]

TRACED = 1200  # steps that are traced from the beginning on; later, now and then, a few
FOR_GUESTS = {**ENGINES, "warm": native(hot=50, full=False)}  # compiles less than those that are to be thrown out
NATIVE = [name for name in ENGINES if name != "reference"]
ALL = [*guests(), *(describe(path) for path in sorted(Path(HERE).glob("m16*.s")))]


def isa_of(guest: Guest) -> Isa:
    return M16 if guest.path.parent == Path(HERE) else find(guest.machine)


def machine_of(guest: Guest, depth: int) -> Machine:
    isa = isa_of(guest)
    ports = outfit(isa, guest.input, guest.disk, queue=guest.queue)
    if depth:
        machine: Machine = tower(isa, guest.storage, depth, ports)
    else:
        machine = bare(isa, Storage(isa.word, guest.storage), ports)
    machine.load(image_of(guest, isa))
    return machine


def turns(guest: Guest, depth: int, plan: list[str]) -> Iterator[tuple[list[str], Shown]]:
    """The trace and what the machine shows after each turn; the engines take turns too."""
    machine, random = machine_of(guest, depth), Random(guest.name)
    switch, traced, number = Switch(machine, FOR_GUESTS), TRACED, 0
    while not machine.halted and machine.steps < guest.steps:
        switch.to(plan[number % len(plan)])
        lines: list[TraceLine] = []
        machine.trace = each_line(lines.append)
        machine.run(traced)
        machine.trace = None
        end = machine.run(random.choice((1, 7, 160, 900, 5000)))
        assert end.reason in (Reason.BUDGET, Reason.HALT, Reason.IDLE, Reason.VIOLATION)
        yield [line.text(machine.isa) for line in lines], shown(machine)
        if end.reason in (Reason.IDLE, Reason.VIOLATION):
            break
        traced, number = random.choice((1, 3, 30)), number + 1
    console = machine.ports.find(Console)
    assert console is not None
    yield [console.output.decode(errors="replace")], shown(machine)


def same(guest: Guest, depth: int, plan: list[str]) -> None:
    right = list(turns(guest, depth, ["reference"]))
    for (lines, state), (expected, truth) in zip(turns(guest, depth, plan), right, strict=True):
        assert lines == expected
        assert state == truth | {"written": state["written"]}
    if not depth:
        assert right[-1][0] == [guest.prints]


EACH = pytest.mark.parametrize("guest", ALL, ids=lambda guest: guest.name)
nightly = pytest.mark.nightly
ALIKE = {"jrst", "popf"}  # each for a variant of g3 of its own, as `sgdt` is
BY_DAY = pytest.mark.parametrize(
    "guest", [pytest.param(guest, id=guest.name, marks=nightly if guest.name in ALIKE else ()) for guest in ALL]
)


@BY_DAY
def test_a_guest_gives_the_same_trace_in_every_engine(guest: Guest) -> None:
    same(guest, 0, ["warm", "interpreter", "reference"])


@nightly
@EACH
@pytest.mark.parametrize("engine", NATIVE)
def test_it_does_so_in_one_of_them_alone(guest: Guest, engine: str) -> None:
    same(guest, 0, [engine])


@pytest.mark.parametrize("depth", [1, pytest.param(2, marks=nightly), pytest.param(3, marks=nightly)])
@BY_DAY
def test_a_monitored_guest_does_too(guest: Guest, depth: int) -> None:
    """Guests for a machine that cannot be virtualized too: they see the monitor alike."""
    same(guest, depth, ["warm", "interpreter"])
