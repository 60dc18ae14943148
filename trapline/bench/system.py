"""The operating system guest, bare and monitored: many small processes, many traps; and where the time goes."""

import cProfile
import pstats
import statistics
import time
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from guests.catalogue import directory, find
from isa.assembler import Image, assemble
from isa.assembler.includes import Directory
from isa.devices import Console, Script
from isa.engines.choice import AUTO, NATIVE
from isa.machine import Machine
from monitor import VirtualMachine
from trapline.bench.figures import Bench, Figure
from trapline.bench.kernels import machine
from trapline.bench.machines import bare, finish, monitored
from trapline.bench.sitting import summary
from trapline.reports.exits import statistics_facts
from trapline.running.rig import Outfit, scratch_disk

ROWS = ("os",)
GUEST = "os"
SIZES = {"PRIMES_BELOW": 30_000, "YIELDS": 30_000}
MOST = 12  # functions of Python to name


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    program = _program({} if bench.quick else SIZES)
    engine = NATIVE if bench.engine == AUTO else bench.engine  # each boot is a new machine: what `auto` comes to
    plain, virtual = _booted(engine, program, 0), _booted(engine, program, 1)
    for first in (plain, virtual):
        finish(first)
    steps, printed = plain.steps, _printed(plain)
    ratios, seconds = [], {"bare": [0.0] * 0, "monitored": [0.0] * 0}
    for turn in range(bench.repeat):
        bench.show(f"os, turn {turn + 1} of {bench.repeat}")
        for name, depth in (("bare", 0), ("monitored", 1)):
            made = _booted(engine, program, depth)
            began = time.process_time()
            finish(made)
            seconds[name].append(time.process_time() - began)
            assert (made.steps, _printed(made)) == (steps, printed)
        ratios.append(seconds["bare"][-1] / seconds["monitored"][-1])
    assert isinstance(virtual, VirtualMachine)
    exits = sum(virtual.statistics.by_decision().values())
    more = statistics.median(b - a for a, b in zip(seconds["bare"], seconds["monitored"], strict=True))
    detail = {
        "steps": steps,
        "seconds": {name: summary(found) for name, found in seconds.items()},
        "exits": exits,
        "nanoseconds_each": 1e9 * more / exits,
        "statistics": statistics_facts(virtual.statistics),
        "python": {name: _profile(_booted(engine, program, depth)) for name, depth in (("bare", 0), ("monitored", 1))},
    }
    yield Figure("os", "an operating system, monitored against bare", ratios, "", None, detail)


def _program(sizes: dict[str, int]) -> Image:
    guest = find(GUEST)
    return assemble(machine(), guest.source(**sizes), str(guest.path), Directory(str(directory())))


def _booted(engine: str, program: Image, depth: int) -> Machine:
    isa, guest = machine(), find(GUEST)
    ports = Outfit(Script(guest.input.encode()), disk=scratch_disk(isa, None, guest.disk)()).ports(isa)
    made = monitored(engine, guest.storage, ports, depth) if depth else bare(engine, guest.storage, ports)
    made.load(program)
    return made


def _printed(made: Machine) -> bytes:
    console = made.ports.find(Console)
    assert console is not None
    return console.output


def _profile(made: Machine) -> list[dict[str, Any]]:
    """The functions in which a run spends most time, with their calls and own seconds: what is native is in the one
    that calls it."""
    profile = cProfile.Profile()
    profile.runcall(finish, made)
    entries = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    most = sorted(entries.items(), key=lambda entry: -entry[1][2])[:MOST]
    return [
        {"function": f"{PurePath(file).name}:{name}", "calls": calls, "seconds": own}
        for (file, _, name), (_, calls, own, _, _) in most
    ]
