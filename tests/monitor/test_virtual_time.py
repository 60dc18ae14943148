"""Clocks, trace bits and counts of steps of every kind: a guest that lives by them does the same bare and monitored."""

from random import Random

import pytest

from isa.assembler import assemble
from isa.devices import Ports
from isa.engines.choice import DEFAULT, bare, choose
from isa.engines.native.compiler import available
from isa.machine import Machine, Reason, Storage
from monitor import VirtualMachine
from proofs.runs.compare import Setup, compare
from tests.engines.differential import shown
from tests.engines.engines import STEPPING
from tests.engines.fresh import hasty
from tests.monitor.native_checks import NATIVE, tall
from tests.sizes import NIGHTLY
from tests.time_machines import ALARMS, TIMED

SIZE, BUDGET = 4096, 3000
USUAL = choose(DEFAULT)
EACH = pytest.mark.parametrize("kind", TIMED)
ENGINES = ("reference", "native") if available() else ("reference",)
COUNTS = "counts steps, as anyone sees"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of machine has native code of its own. How good it is matters to none of them, but at night."""
    if not NIGHTLY:
        hasty(monkeypatch)


def the_same(kind: str, depth: int, engine: str, quantum: int) -> None:
    timed = TIMED[kind]
    found = compare(Setup(timed.isa, timed.guest, SIZE, Ports, depth, engine=engine, quantum=quantum), BUDGET)
    assert found.equivalent, found.divergence
    assert found.monitored is not None and found.monitored.reason is Reason.HALT


@EACH
def test_it_is_the_same_monitored(kind: str) -> None:
    the_same(kind, 1, "reference", 10_000)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("depth", [1, 2, pytest.param(3, marks=pytest.mark.nightly)])
def test_a_count_of_steps_is_virtual_at_any_depth(depth: int, engine: str) -> None:
    for quantum in (1, 3, 17, 10_000):
        the_same(COUNTS, depth, engine, quantum)


def machines(kind: str, depth: int) -> list[Machine]:
    """The guest on single steps, on the shortcuts of Python, and in native code."""
    isa = TIMED[kind].isa
    found: list[Machine] = []
    for engine in (STEPPING, USUAL, NATIVE) if available() else (STEPPING, USUAL):
        if depth:
            found.append(tall(isa, depth, engine))
        else:
            found.append(Machine(isa, Storage(32, SIZE), engine=engine))
        found[-1].load(TIMED[kind].guest)
    return found


def played(machine: Machine, seed: int) -> None:
    """Cut anywhere."""
    random = Random(seed)
    for _ in range(150):
        run = machine.run if random.random() < 0.8 else machine.run_to_trap
        run(random.choice((1, 2, 3, 5, 17, 60)))


FEW = ("counts for users", "traces users by turns")
CUT = [(kind, depth) for kind in TIMED for depth in (0, 1, 2)]
AT_NIGHT = pytest.mark.nightly


@pytest.mark.parametrize(
    ("kind", "depth"), [pytest.param(k, d, marks=[] if k in FEW and d < 2 else [AT_NIGHT]) for k, d in CUT]
)
def test_engines_agree_wherever_the_run_is_cut(kind: str, depth: int) -> None:
    oracle, *others = machines(kind, depth)
    for machine in (oracle, *others):
        played(machine, depth)
    assert oracle.state["x"][7] == ALARMS, "the guest came to its end"  # type: ignore[index]
    for machine in others:
        assert shown(machine) == shown(oracle)
    assert not isinstance(oracle, VirtualMachine) or oracle.statistics.direct > 20


IDLING = """
        .org 8
        .word handler, Mode.supervisor, 0, 4096
        .org 16
start:  set  r2, 50
        stim r2
        idle
        rc   r3                 # by then so many steps have passed
        svc  1
handler: rc  r4
        halt
"""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("depth", [1, 2])
def test_steps_that_pass_in_idling_are_counted(depth: int, engine: str) -> None:
    isa = TIMED[COUNTS].isa
    found = compare(Setup(isa, assemble(isa, IDLING, "idling"), SIZE, Ports, depth, engine=engine), BUDGET)
    assert found.equivalent, found.divergence
    real = bare(isa, Storage(32, SIZE))
    real.load(assemble(isa, IDLING, "idling"))
    assert real.run(BUDGET).reason is Reason.HALT
    assert real.skipped > 40 and real.state["ticks"] == real.retired
