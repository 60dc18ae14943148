"""What a trap costs: taken and returned from on the bare machine, and each way through a monitor."""

from collections.abc import Iterator
from typing import Any

from trapline.bench.building import LeftOut
from trapline.bench.figures import Bench, Figure, at_most
from trapline.bench.kernels import EMULATE, REFLECT, TRAP, Kernel
from trapline.bench.machines import Ours
from trapline.bench.peers import maker
from trapline.bench.sitting import Contender, sit, summary

ROWS = ("trap", "emulated", "reflected")
KINDS = {
    "emulated": (EMULATE, "a privileged instruction emulated, under one monitor"),
    "reflected": (REFLECT, "a trap reflected, under one monitor"),
}
PEERS = ("qemu-system", "qemu-icount", "qemu-user", "unicorn")  # the last two: a system call of a process
OURS, MONITORED = "ours", "monitored"
TRAPPED = at_most(20)


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    if "trap" in rows:
        yield _trap(bench)
    for row, (kernel, what) in KINDS.items():
        if row in rows:
            yield _exit(bench, row, kernel, what)


def _trap(bench: Bench) -> Figure:
    """A round of the kernel: three instructions of a user program, a trap, eleven instructions of its handler."""
    contenders: list[Contender] = [Ours(OURS, bench.engine, bench.patience)]
    for name in PEERS:
        try:
            contenders.append(maker(name, bench.workshop, 1 / 20))
        except LeftOut as left_out:
            bench.leave_out(left_out)
    times = sit(contenders, bench.sized(TRAP), bench.repeat, bench.agreement, bench.show)
    each = {name: nanoseconds(seconds, bench, TRAP) for name, seconds in times.seconds[TRAP.name].items()}
    detail = {name: summary(values) for name, values in each.items()}
    return Figure("trap", "a trap taken and returned from, bare", each[OURS], "ns", TRAPPED, detail)


def _exit(bench: Bench, row: str, kernel: Kernel, what: str) -> Figure:
    """By how much longer a round takes monitored than bare."""
    contenders = [Ours(name, bench.engine, bench.patience, depth) for name, depth in ((OURS, 0), (MONITORED, 1))]
    times = sit(contenders, bench.sized(kernel), bench.repeat, bench.agreement, bench.show).seconds[kernel.name]
    more = [b - a for a, b in zip(times[OURS], times[MONITORED], strict=True)]
    detail: dict[str, Any] = {name: summary(nanoseconds(seconds, bench, kernel)) for name, seconds in times.items()}
    return Figure(row, what, nanoseconds(more, bench, kernel), "ns", at_most(100), detail)


def nanoseconds(seconds: list[float], bench: Bench, kernel: Kernel) -> list[float]:
    """Of one round."""
    return [1e9 * s / bench.sizes(kernel)["ROUNDS"] for s in seconds]
