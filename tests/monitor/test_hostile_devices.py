"""Commands that make no sense, sent to devices by programs: bare and monitored the same, in every engine."""

from functools import partial

import pytest

from isa.devices import Ports
from isa.engines.choice import NATIVE, REFERENCE, bare
from isa.machine import Storage
from isa.machine.snapshot import Snapshot
from monitor.monitor import tower
from proofs.runs.compare import Setup, compare
from tests.isa.hostile_devices import WORDS, ports, program
from tests.machines_to_test import G3
from tests.planting import Patch
from tests.sizes import sized

STEPS = 8_000  # most halt before; of some a device wrote over the program
SEEDS = range(sized(4, 400))


def same(seed: int, engine: str, depth: int) -> None:
    found = compare(Setup(G3, program(seed), WORDS, partial(ports, seed), depth, engine=engine), STEPS)
    assert found.equivalent, seed


@pytest.mark.parametrize(("engine", "depth"), [(REFERENCE, 1), (NATIVE, 2)])
def test_a_hostile_program_does_the_same_bare_and_monitored(engine: str, depth: int) -> None:
    for seed in SEEDS:
        same(seed, engine, depth)


def test_it_goes_on_from_any_step_and_in_another_engine() -> None:
    """Saved under a monitor, it goes on bare."""
    for seed in SEEDS:
        whole = bare(G3, Storage(32, WORDS), ports(seed), engine=REFERENCE)
        whole.load(program(seed))
        end = whole.run(STEPS)
        virtual = tower(G3, WORDS, 2, ports(seed), engine=NATIVE)
        virtual.load(program(seed))
        virtual.run(whole.steps * (seed % 7 + 1) // 8)
        saved = Snapshot.from_bytes(Snapshot.take(virtual).to_bytes())
        other = bare(G3, Storage(32, WORDS), ports(seed + 1), engine=NATIVE)
        saved.apply(other)
        assert other.run(STEPS - other.steps).reason is end.reason
        assert (other.steps, other.ports.save()) == (whole.steps, whole.ports.save())
        assert other.storage.cells.tobytes() == whole.storage.cells.tobytes()


def test_a_device_that_lives_in_real_time_is_found_out(monkeypatch: Patch) -> None:
    """A planted bug: what is due depends on how often anybody looked."""
    real = Ports.deadline

    def deadline(self: Ports) -> int | None:
        self.looks = getattr(self, "looks", 0) + 1  # type: ignore[attr-defined]
        due = real(self)
        return due if due is None else due + self.looks % 2  # type: ignore[attr-defined]

    monkeypatch.setattr(Ports, "deadline", deadline)
    with pytest.raises(AssertionError):
        for seed in SEEDS:
            same(seed, REFERENCE, 1)
