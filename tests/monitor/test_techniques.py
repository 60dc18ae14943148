"""Techniques: when a virtual machine may run directly, on the shipped machines, one of which fails each theorem."""

import pytest

from guests.catalogue import find
from isa.assembler import assemble
from isa.devices import Ports
from monitor.statistics import Decision
from monitor.techniques import HYBRID, INTERPRET, PARAVIRTUAL, PATCH, TRAP, Technique
from monitor.techniques.catalogue import TECHNIQUES, read, under, written
from proofs.runs.compare import Comparison, Setup, compare
from tests.guests.boot import image_of, machine, outfit
from tests.machines_to_test import G3
from tests.monitor.native_checks import TURNS
from trapline.options import add_monitor_option

CULPRITS = {"g3": [], "g3_popf": ["setie"], "g3_jrst": ["jrst"], "g3_sgdt": ["rrel"]}


def compared(name: str, *monitors: Technique, engine: str = "reference") -> Comparison:
    if name == TURNS:
        return compare(Setup(G3, assemble(G3, TURNS, "turns"), 4096, Ports, monitors, engine=engine), 10_000)
    guest = find(name)
    isa = machine(guest.machine)

    def ports() -> Ports:
        return outfit(isa, guest.input, guest.disk, queue=guest.queue)

    monitors = tuple(technique.told(CULPRITS[isa.name]) for technique in monitors)
    return compare(Setup(isa, image_of(guest, isa), guest.storage, ports, monitors, engine=engine), guest.steps)


@pytest.mark.parametrize(
    ("guest", "right"),
    [
        ("popf", (HYBRID, INTERPRET, PATCH)),  # sensitive in supervisor mode alone
        ("jrst", (HYBRID, INTERPRET, PATCH)),
        ("sgdt", (INTERPRET, PATCH)),  # sensitive in user mode
        (TURNS, (TRAP, HYBRID, INTERPRET, PATCH, PARAVIRTUAL)),
        pytest.param("os", (TRAP, HYBRID, INTERPRET, PATCH, PARAVIRTUAL), marks=pytest.mark.nightly),
    ],
    ids=["popf", "jrst", "sgdt", "turns", "os"],
)
def test_each_is_right_where_its_theorem_says_so(guest: str, right: tuple[Technique, ...]) -> None:
    assert tuple(t for t in TECHNIQUES.values() if compared(guest, t).equivalent) == right


def test_what_runs_directly_and_what_is_interpreted() -> None:
    shares = []
    for technique in (TRAP, HYBRID, INTERPRET):
        vm = compared(TURNS, technique).machine
        assert vm is not None
        statistics, decisions = vm.statistics, vm.statistics.by_decision()
        assert statistics.direct + statistics.interpreted == vm.steps - vm.skipped
        assert bool(decisions[Decision.INTERPRETED]) == (technique is HYBRID)
        shares.append(statistics.share_direct)
    assert shares[0] > shares[1] > shares[2] == 0


@pytest.mark.parametrize("monitors", [(TRAP, HYBRID), (HYBRID, TRAP), (INTERPRET, HYBRID), (HYBRID, TRAP, INTERPRET)])
def test_they_stack(monitors: tuple[Technique, ...]) -> None:
    assert compared(TURNS, *monitors).equivalent


def test_how_they_are_written() -> None:
    for text in ("none", "trap", "trap:2", "trap,hybrid", "interpret:3,trap"):
        found = read(text)
        assert found is not None and written(found) == text
    assert read("trap:2,hybrid") == (TRAP, TRAP, HYBRID) and under(2) == "2 monitors (trap)"
    for text in ("", "trap,", "trip", "trap:0", "trap:10", "none,trap", "trap:2:2", "TRAP"):
        assert read(text) is None
    option = type("Parser", (), {"add_argument": lambda self, *names, **how: setattr(self, "how", how)})()
    add_monitor_option(option)
    assert all(f"`{name}`" in option.how["help"] for name in TECHNIQUES)
