"""What it costs machines of a host to be on a network: they compute and send nothing, and the host looks all the same,
as soon as a frame could arrive."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from trapline.bench.crowd import BUSY
from trapline.bench.figures import Bench, Figure

ROWS = ("cabled",)
MACHINES, WORDS = 4, 4096
DELAYS = (0, 1_000, 10_000)  # of the network, in steps; 0: they are on none
STEPS, QUICK = 4_000_000, 20_000  # of each in a turn
TURNS = 5


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    steps = QUICK if bench.quick else STEPS
    turns: dict[int, list[float]] = {delay: [] for delay in DELAYS}
    with tempfile.TemporaryDirectory(prefix="trapline-cabled-") as folder, ExitStack() as opened:
        hosts = {delay: opened.enter_context(_host(f"{folder}/{delay}", bench.engine, delay)) for delay in DELAYS}
        for turn in range(1 + TURNS * bench.repeat):
            bench.show(f"machines on a network, turn {turn} of {TURNS * bench.repeat}")
            for delay, host in hosts.items():
                began = time.process_time()
                host.run(steps)
                if turn:  # in the first everything is compiled
                    turns[delay].append(time.process_time() - began)
    for delay in DELAYS[1:]:
        ratios = [one / other for one, other in zip(turns[delay], turns[0], strict=True)]
        yield Figure("cabled", f"{MACHINES} machines on a network of delay {delay:,}, against as many on none", ratios)


def _host(folder: str, engine: str, delay: int) -> Any:
    from isa.assembler.assembly import assemble
    from isa.machines.catalogue import find
    from monitor.host import Definition, Host
    from monitor.host.networks import NetworkPart

    image = assemble(find("g3"), BUSY, "busy.s")
    os.mkdir(folder)
    with open(f"{folder}/host.toml", "w", encoding="utf-8") as file:
        file.write(f"storage = {MACHINES * WORDS}\n")
        file.write(f'[[networks]]\nname = "lan"\ndelay = {delay}\n' if delay else "")
    host = Host(folder, engine)
    for number in range(MACHINES):
        joined = (NetworkPart("lan"),) if delay else ()
        host.define(Definition(f"m{number}", "busy", storage=WORDS, networks=joined), image)
        host.start(f"m{number}")
    return host
