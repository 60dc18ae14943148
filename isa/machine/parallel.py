"""Several machines at once, on the cores of the host.

Machines that share nothing may run in any order, so in threads each does what it does alone, and the result does not
depend on how many threads there are. Native code runs without Python's lock: there threads make it faster.
"""

import os
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import TypeVar

from isa.errors import MachineError
from isa.machine.exits import Exit
from isa.machine.machine import Machine

Result = TypeVar("Result")


def run_all(machines: Sequence[Machine], budget: int, threads: int | None = None) -> list[Exit]:
    """What `run(budget)` of each machine gives, in their order; up to `threads` of them run at once, by default
    one on each core. Raises MachineError if two of them share a page of storage, or run on one machine."""
    check_apart(machines)
    return at_once([partial(machine.run, budget) for machine in machines], threads or cores())


def at_once(work: Sequence[Callable[[], Result]], threads: int) -> list[Result]:
    """The results of some work, in its order, done in up to `threads` threads. If some of it raises, all of it is done
    first, and then the first error is raised."""
    if min(threads, len(work)) <= 1:
        outcomes = [_outcome(piece) for piece in work]
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(threads) as pool:
            outcomes = list(pool.map(_outcome, work))
    for _, error in outcomes:
        if error is not None:
            raise error
    return [result for found, _ in outcomes for result in found]


def _outcome(work: Callable[[], Result]) -> tuple[list[Result], Exception | None]:
    """What came of it: a result, or an error."""
    try:
        return [work()], None
    except Exception as error:
        return [], error


def cores() -> int:
    """How many threads of this process can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_apart(machines: Sequence[Machine]) -> None:
    """Raise MachineError unless what each machine does is nothing to the others."""
    owner: dict[int, int] = {}
    for number, machine in enumerate(machines):
        for host in machine.hosts:
            other = owner.setdefault(id(host), number)
            if other != number:
                raise MachineError(
                    f"machines {other} and {number} cannot run at once: one real machine carries both",
                    "run them with `Monitor.run`, which has a processor for each thread",
                )
    pages = sorted((id(m.storage.root), *_pages(m), number) for number, m in enumerate(machines))
    for (root, _, last, a), (other_root, first, _, b) in pairwise(pages):
        if root == other_root and first <= last:
            raise MachineError(
                f"machines {min(a, b)} and {max(a, b)} cannot run at once: they share storage",
                "give each a storage of its own, or windows that do not overlap",
            )


def _pages(machine: Machine) -> tuple[int, int]:
    """The first and the last page of the root that hold a word of the machine."""
    storage = machine.storage
    return storage.offset // storage.page_words, (storage.offset + storage.size - 1) // storage.page_words
