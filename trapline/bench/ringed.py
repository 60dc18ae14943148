"""What a guest spares that knows that it is virtual: exits for a kilobyte printed and for a block written, with the
devices that a monitor emulates port by port, and with rings. And what a character takes that is sent to its port."""

import time
from collections.abc import Iterator

from isa.devices import BLOCK, Console, Disk, MemoryBacking, Ports, standard
from isa.engines.choice import AUTO, NATIVE
from trapline.bench.figures import Bench, Figure, at_most
from trapline.bench.kernels import RESULT, WORDS, Kernel, image, machine
from trapline.bench.machines import finish
from trapline.bench.sitting import summary
from trapline.bench.waiting import MAKERS

PRINT = Kernel("print", {"RINGED": 0, "SIZE": 1024}, {"RINGED": 0, "SIZE": 1024})
MOVE = Kernel("block", {"RINGED": 0}, {"RINGED": 0})
KINDS = {
    "printed": (PRINT, "exits for a kilobyte printed through a ring"),
    "block": (MOVE, "exits for a block of disk written through a ring, the wait included"),
}
SENT = "sent"
LONG = {"RINGED": 0, "SIZE": 30_000}
ROWS = (*KINDS, SENT)
LEAST = 3  # exits: one to call the device, and two to wait for it


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    for row in (row for row in KINDS if row in rows):
        kernel, what = KINDS[row]
        ports, ring = (exits(kernel, ringed, bench.engine) for ringed in (False, True))
        yield Figure(row, what, [ring], "exits", at_most(LEAST), {"ports": ports, "ring": ring})
    if SENT in rows:
        yield _sent(bench)


def _sent(bench: Bench) -> Figure:
    """Microseconds of a character that is sent to a console whose output goes nowhere else, and kept."""
    engine = NATIVE if bench.engine == AUTO else bench.engine  # each is a new machine: what `auto` comes to
    sizes = PRINT.quick if bench.quick else LONG
    found: dict[str, list[float]] = {name: [] for name in MAKERS}
    for turn in range(bench.repeat + 1):
        bench.show(f"{SENT}, turn {turn} of {bench.repeat}")
        for name, make in MAKERS.items():
            guest = make(engine, WORDS, Ports({0: Console()}))
            guest.load(image(PRINT, sizes))
            began = time.process_time()
            finish(guest)
            if turn:  # in the one before the first, code is compiled
                found[name].append(1e6 * (time.process_time() - began) / sizes["SIZE"])
    detail = {name: summary(times) for name, times in found.items()}
    return Figure(SENT, "a character sent to the console", found["bare"], "us", at_most(1), detail)


def exits(kernel: Kernel, ringed: bool, engine: str) -> int:
    """How many exits a run takes under one monitor, but for the last, which is that of the halt."""
    from monitor.monitor import tower

    isa, sizes = machine(), {**kernel.full, "RINGED": int(ringed)}
    disk = Disk(MemoryBacking(bytes(4 * BLOCK * isa.word // 8)), isa.word)
    vm = tower(isa, 1 << 12, 1, standard(isa, disk=disk), engine=engine)
    vm.load(image(kernel, sizes))
    finish(vm)
    assert vm.storage.load(RESULT), "it came to its end"
    return vm.statistics.exits.total() - 1
