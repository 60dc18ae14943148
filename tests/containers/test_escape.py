"""One check is missing in the kernel: used from a container that takes all of them, and from within a virtual machine
that machine alone."""

import pytest

from guests.contained import Container
from isa.machine import Machine, Reason
from monitor.monitor import uppermost
from monitor.schedule import Schedule
from monitor.techniques.catalogue import TECHNIQUES
from tests.containers.kernel import G3
from tests.planting import Planted, must_catch
from trapline.bench.contained.counts import KEEPERS, attacked, printed
from trapline.bench.contained.systems import CONTAINERS, MACHINES, escape, keeper, kernel

pytestmark = pytest.mark.slow

OURS = "[escape: the kernel is mine, and all that it keeps]\n"
SECRET = "the cake is in the cellar\n"
END = "nobody has asked for my secret"
STEPS = 1_000_000


WHOLE = True  # the kernel


def taken(checked: bool) -> Machine:
    """Two keepers and an attacker on one kernel, when it has halted."""
    machine = CONTAINERS.boot("auto", [keeper("a"), escape("e"), keeper("b")], checked)
    assert machine.run(STEPS).reason is Reason.HALT
    return machine


def code(machine: Machine) -> int:
    registers = machine.state["x"]
    assert isinstance(registers, list)
    return registers[1]


def test_where_a_check_is_missing_one_container_takes_all() -> None:
    machine = taken(checked=False)
    assert printed(machine).endswith(OURS + 2 * SECRET) and END not in printed(machine)
    assert code(machine) == 66


def check_in_vain() -> None:
    machine = taken(WHOLE)
    assert printed(machine).count(END) == 2 and SECRET not in printed(machine)
    assert "e| the kernel looks at every buffer" in printed(machine)


def test_where_none_is_missing_the_attack_is_in_vain() -> None:
    check_in_vain()


def test_planted_a_kernel_without_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr("tests.containers.test_escape.WHOLE", False)

    must_catch(Planted("unchecked", plant, check_in_vain), monkeypatch, (AssertionError,))


Seen = tuple[int, str, list[int]]


def beside(middle: Container) -> list[Seen]:
    """Three virtual machines under one monitor, each with a kernel of its own that lacks the check: steps, output and
    storage of each at the end."""
    found = [keeper("a"), middle, keeper("b")]
    made = [CONTAINERS.boot("auto", [one], checked=False) for one in found]
    monitor = uppermost(G3, 3 << 13, (TECHNIQUES["trap"],), 0, "auto")
    machines = [monitor.create(one.storage.size, one.ports) for one in made]
    for machine in machines:
        machine.load(kernel(1, False))
    Schedule(machines, 1000, STEPS).run(3 * STEPS)
    return [(one.steps, printed(one), one.storage.read(0, one.storage.size)) for one in machines]


def test_from_within_a_virtual_machine_it_takes_that_alone() -> None:
    attack, none = beside(escape("e")), beside(keeper("e"))
    assert attack[1][1].endswith(OURS) and SECRET not in attack[1][1]  # there is nobody else's secret in it
    assert [attack[0], attack[2]] == [none[0], none[2]]
    assert all(END in one[1] for one in none)


def test_under_the_monitor_in_assembly_it_takes_that_alone_too() -> None:
    assert attacked(MACHINES, "auto", checked=False) == KEEPERS
    assert attacked(CONTAINERS, "auto", checked=False) == 0
