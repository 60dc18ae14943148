"""Frames in a second from one guest to another through a switch, against as many by a cable between their cards; and
what the switch does alone, against datagrams of the same size through a pair of sockets."""

import socket
import time
from collections.abc import Iterator
from typing import Any

from trapline.bench.figures import Bench, Figure, at_least

ROWS = ("frames",)
SIZES = (60, 1514)  # octets
STEPS, QUICK = 1_000_000, 40_000  # of the clock in a turn; a card sends a frame in 100 of its own
FRAMES, FEW = 20_000, 200
WORDS, TICK = 8192, 1000


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    steps, count = (QUICK, FEW) if bench.quick else (STEPS, FRAMES)
    for size in SIZES:
        turns = []
        for turn in range(bench.repeat):
            bench.show(f"frames of {size} octets, turn {turn + 1} of {bench.repeat}")
            rates = {"switch": _guests(bench, size, steps, True), "cable": _guests(bench, size, steps, False)}
            turns.append({**rates, "alone": _alone(size, count), "sockets": _sockets(size, count)})
        said, detail = f"frames of {size} octets in a second", {"turns": turns}
        yield Figure("frames", f"{said}, from guest to guest", [t["switch"] for t in turns], "frames/s", None, detail)
        ratios = [t["switch"] / t["cable"] for t in turns]
        yield Figure("frames", f"{said}, through the switch against by a cable", ratios, "", at_least(0.5))
        ratios = [t["alone"] / t["sockets"] for t in turns]
        yield Figure("frames", f"{said}, the switch alone against a pair of sockets", ratios)


def _guests(bench: Bench, size: int, steps: int, switched: bool) -> float:
    """Frames that arrive in a second, when all is compiled."""
    from guests.catalogue import directory
    from isa.assembler.assembly import assemble
    from isa.devices import standard
    from isa.devices.card import Card
    from isa.engines.choice import bare
    from isa.machine import Storage
    from isa.machines.catalogue import find
    from monitor.network.network import Network, Station
    from monitor.network.switch import Port
    from monitor.schedule import Schedule

    isa = find("g3")
    program = (directory() / "bench" / "frames.s").read_text()
    image = assemble(isa, f"        .equ SIZE, {size}\n{program}", "frames.s")
    cards = [Card(isa.word, number) for number in (1, 2)]
    machines = [
        bare(isa, Storage(isa.word, WORDS), standard(isa, others=[card]), engine=bench.engine) for card in cards
    ]
    for machine in machines:
        machine.load(image)
    schedule, runs = Schedule(machines, TICK), None
    if switched:
        stations = [Station(Port(str(n)), *both) for n, both in enumerate(zip(machines, cards, strict=True))]
        runs = Network(schedule, stations).run
    else:
        runs = _cable(schedule, cards[0], cards[1], machines[1])
    runs(steps)
    had, began = cards[1].told()["received"], time.process_time()
    runs(steps)
    return (cards[1].told()["received"] - had) / (time.process_time() - began)


def _cable(schedule: Any, one: Any, other: Any, woken: Any) -> Any:
    """What runs guests whose cards have nothing between them."""
    frames: list[bytes] = []
    one.wire = lambda step, frame: frames.append(frame)

    def run(steps: int) -> None:
        for _ in range(0, steps, TICK):
            schedule.run(TICK)
            for frame in frames:
                other.inbound.forget()
                other.inbound.feed(frame)
                schedule.wake(woken)
            frames.clear()

    return run


def _alone(size: int, count: int) -> float:
    from monitor.network.switch import Port, Switch

    switch = Switch([Port(str(number)) for number in range(4)])
    ends = [b"\x02\x54\0\0\0" + bytes([number]) for number in range(4)]
    frames = [(ends[(n + 1) % 4] + ends[n] + b"\x88\xb5").ljust(size, b"x") for n in range(4)]
    began = time.process_time()
    for number in range(count):
        switch.arrive(number, number % 4, frames[number % 4])
    return count / (time.process_time() - began)


def _sockets(size: int, count: int) -> float:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    frame = bytes(size)
    with ours, theirs:
        began = time.process_time()
        for _ in range(count):
            ours.send(frame)
            theirs.recv(size)
        return count / (time.process_time() - began)
