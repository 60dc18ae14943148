"""What a history must come to: all of a tower, word for word, as a fresh run has it at that step."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest

from guests.catalogue import find
from isa.assembler import Image
from isa.engines.choice import AUTO, bare, choose
from isa.machine import Machine, Storage
from monitor.history import cuts
from monitor.history.history import MEMORY, History
from monitor.history.tower import machines_of
from monitor.monitor import VirtualMachine, tower
from monitor.techniques import Monitors
from tests.guests.boot import image_of, outfit
from tests.machines_to_test import G3
from tests.program_strategies import Program


@contextmanager
def small_stretches() -> Iterator[None]:
    """Inside, the runs of small programs have many cuts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "SHORTEST", 8)
        patch.setattr(cuts, "LONGEST", 64)
        yield


def kept_everywhere(machine: Machine, memory: int = MEMORY) -> History:
    """A history with a checkpoint at every cut, whatever time that takes."""
    return History(machine, memory, share=1e12)


def build(program: Program, monitors: Monitors, engine: str) -> Machine:
    if not monitors:
        return program.bare(choose(engine))
    return program.start(tower(program.isa, program.size, monitors, program.ports(), program.seed, engine))


@cache
def program(name: str) -> Image:
    return image_of(find(name), G3)


def guest_at(name: str, depth: int) -> Machine:
    guest = find(name)
    ports = outfit(G3, guest.input, guest.disk, queue=guest.queue)
    made: Machine = (
        tower(G3, guest.storage, depth, ports) if depth else bare(G3, Storage(32, guest.storage), ports, engine=AUTO)
    )
    made.load(program(name))
    return made


def whole(machine: Machine) -> dict[str, object]:
    """All that there is of a machine and of those that it runs on."""
    found: dict[str, object] = {"storage": bytes(machine.storage.root.cells)}
    for level, host in enumerate(machines_of([machine])):
        found |= {f"{level} {name}": value for name, value in parts(host).items()}
    return found


def parts(machine: Machine) -> dict[str, object]:
    counts = machine.steps, machine.retired, machine.skipped
    parts: dict[str, object] = {"state": machine.state.block.tolist(), "counts": counts}
    parts |= {"ports": machine.ports.save(), "choices": machine.random.getstate()}
    if isinstance(machine, VirtualMachine):
        made = machine.statistics
        parts |= {"exits": made.exits, "since": made.since, "steps by kind": (made.direct, made.interpreted)}
    return parts


def check_goes(program: Program, depth: Monitors, engine: str, steps: list[int], memory: int = MEMORY) -> History:
    """Raises AssertionError if a history, asked for these steps one after the other, is ever somewhere else than a
    fresh run to that step."""
    with small_stretches():
        history = kept_everywhere(build(program, depth, engine), memory)
        for step in steps:
            end = history.go(step)
            twin = build(program, depth, engine)
            wanted = cuts.fresh(twin, step)
            assert end.reason is wanted.reason
            ours, theirs = whole(history.machine), whole(twin)
            assert [name for name in theirs if ours[name] != theirs[name]] == []
    return history
