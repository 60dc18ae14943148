"""What a guest spares that knows that it is virtual: exits for a kilobyte printed and for a block written, with the
devices that a monitor emulates port by port, and with rings."""

from collections.abc import Iterator

from isa.devices import BLOCK, Disk, MemoryBacking, standard
from trapline.bench.figures import Bench, Figure, at_most
from trapline.bench.kernels import RESULT, Kernel, image, machine
from trapline.bench.machines import finish

PRINT = Kernel("print", {"RINGED": 0, "SIZE": 1024}, {"RINGED": 0, "SIZE": 1024})
MOVE = Kernel("block", {"RINGED": 0}, {"RINGED": 0})
KINDS = {
    "printed": (PRINT, "exits for a kilobyte printed through a ring"),
    "block": (MOVE, "exits for a block of disk written through a ring, the wait included"),
}
ROWS = tuple(KINDS)
LEAST = 3  # exits: one to call the device, and two to wait for it


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    for row in (row for row in ROWS if row in rows):
        kernel, what = KINDS[row]
        ports, ring = (exits(kernel, ringed, bench.engine) for ringed in (False, True))
        yield Figure(row, what, [ring], "exits", at_most(LEAST), {"ports": ports, "ring": ring})


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
