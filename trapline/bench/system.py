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
from monitor.techniques import TECHNIQUES, Monitors
from trapline.bench.figures import Bench, Figure, at_least
from trapline.bench.kernels import machine
from trapline.bench.machines import finish, monitored, unmonitored
from trapline.bench.sitting import summary
from trapline.reports.exits import statistics_facts
from trapline.running.rig import Outfit, scratch_disk

ROWS = ("os",)
GUEST = "os"
BARE = "bare"
SIDES: dict[str, Monitors] = {BARE: 0} | {name: (kind,) for name, kind in TECHNIQUES.items() if not kind.replaces}
SIZES = {"PRIMES_BELOW": 30_000, "YIELDS": 30_000}
BOOTS = 12  # in a turn: each takes some hundredths of a second, and whether code is there a little sooner is chance
GOAL = at_least(0.9)
MOST = 12  # functions of Python to name


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    program = _program({} if bench.quick else SIZES)
    engine = NATIVE if bench.engine == AUTO else bench.engine  # each boot is a new machine: what `auto` comes to
    first = {name: _finished(engine, program, monitors) for name, monitors in SIDES.items()}
    steps, printed = first[BARE].steps, _printed(first[BARE])
    seconds: dict[str, list[float]] = {name: [] for name in SIDES}
    for turn in range(bench.repeat):
        bench.show(f"os, turn {turn + 1} of {bench.repeat}")
        for name, monitors in SIDES.items():
            boots = [_booted(engine, program, monitors) for _ in range(1 if bench.quick else BOOTS)]
            began = time.process_time()
            for made in boots:
                finish(made)
            seconds[name].append((time.process_time() - began) / len(boots))
            assert all((made.steps, _printed(made)) == (steps, printed) for made in boots)
    for name, virtual in first.items():
        if isinstance(virtual, VirtualMachine):
            booted = {"bare": _booted(engine, program, 0), "monitored": _booted(engine, program, SIDES[name])}
            detail = {
                **_detail(virtual, seconds[BARE], seconds[name]),
                "python": {side: _profile(made) for side, made in booted.items()},
            }
            ratios = [bare / own for bare, own in zip(seconds[BARE], seconds[name], strict=True)]
            yield Figure("os", f"an operating system under a monitor ({name}) against bare", ratios, "", GOAL, detail)


def _detail(virtual: VirtualMachine, bare: list[float], own: list[float]) -> dict[str, Any]:
    exits = sum(virtual.statistics.by_decision().values())
    more = statistics.median(b - a for a, b in zip(bare, own, strict=True))
    return {
        "steps": virtual.steps,
        "seconds": {"bare": summary(bare), "monitored": summary(own)},
        "exits": exits,
        "nanoseconds_each": 1e9 * more / exits,
        "statistics": statistics_facts(virtual.statistics),
    }


def _finished(engine: str, program: Image, monitors: Monitors) -> Machine:
    made = _booted(engine, program, monitors)
    finish(made)
    return made


def _program(sizes: dict[str, int]) -> Image:
    guest = find(GUEST)
    return assemble(machine(), guest.source(**sizes), str(guest.path), Directory(str(directory())))


def _booted(engine: str, program: Image, monitors: Monitors) -> Machine:
    isa, guest = machine(), find(GUEST)
    ports = Outfit(Script(guest.input.encode()), disk=scratch_disk(isa, None, guest.disk)()).ports(isa)
    made = monitored(engine, guest.storage, ports, monitors) if monitors else unmonitored(engine, guest.storage, ports)
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
