"""What is said of the two types of monitor, and whether the counts confirm it; each with the reason."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from proofs.under.accounts import Account
from trapline.bench.types.crashes import Crash
from trapline.bench.types.systems import TYPE1, TYPE2

SLOWER = 1.1  # times as many steps: what is less is hardly noticed
Accounts = Mapping[str, Mapping[str, Account]]  # by guest, then by system


@dataclass(frozen=True)
class Found:
    """All that was counted. `lines` are those of the supervisor and the others, by system."""

    accounts: Accounts
    lines: Mapping[str, tuple[int, int]]
    crashes: Sequence[Crash]

    def pairs(self, what: Callable[[Account], float]) -> Iterator[tuple[float, float]]:
        """Of each guest: under type 1, and under type 2."""
        return ((what(both[TYPE1.name]), what(both[TYPE2.name])) for both in self.accounts.values())

    def spared(self, system: str, part: str) -> bool:
        """Whether all neighbours outlive a part."""
        found = next(c for c in self.crashes if (c.system.name, c.part) == (system, part))
        return found.spared == found.all


@dataclass(frozen=True)
class Saying:
    """What is said, a test of it, and why it is or is not so."""

    says: str
    holds: Callable[[Found], bool]
    because: str


def _faster(found: Found) -> bool:
    return all(first < second for first, second in found.pairs(lambda account: account.overhead))


def _slows_all(found: Found) -> bool:
    return all(second > SLOWER * first for first, second in found.pairs(lambda account: account.steps))


def _sooner(found: Found) -> bool:
    return all(first < second for first, second in found.pairs(lambda account: account.boot))


def _smaller(found: Found) -> bool:
    return all(first < second for first, second in found.pairs(lambda account: account.below))


def _less_to_trust(found: Found) -> bool:
    return found.lines[TYPE1.name][0] < found.lines[TYPE2.name][0]


def _less_in_all(found: Found) -> bool:
    return sum(found.lines[TYPE1.name]) < sum(found.lines[TYPE2.name])


def _safer(found: Found) -> bool:
    return found.spared(TYPE1.name, "the monitor") or not found.spared(TYPE2.name, "the monitor")


def _falls_with_it(found: Found) -> bool:
    return not found.spared(TYPE2.name, "the kernel below it")


SAYINGS = (
    Saying(
        "type 1 is faster",
        _faster,
        "from the guest to a monitor that is a process the way leads through the kernel, and back again: two traps, "
        "and registers saved and loaded twice",
    ),
    Saying(
        f"type 2 is slower by {SLOWER - 1:.0%} or more, whatever the guest does",
        _slows_all,
        "it is exits that cost more, and a guest that computes has hardly any but those of the clock: between them it "
        "runs on the processor itself, under either",
    ),
    Saying(
        "type 1 boots sooner",
        _sooner,
        "most of it is reading the disk and adding up what was read, and that is the same work",
    ),
    Saying(
        "type 1 needs less storage",
        _smaller,
        "there is a kernel as well, with processes and buffers of its own",
    ),
    Saying(
        "type 1 leaves less to be trusted by others",
        _less_to_trust,
        "what may do anything is the monitor there, and here the kernel: it has a service that runs machines, but "
        "interpreter and devices are in a process, and whoever is not its guest need not care",
    ),
    Saying(
        "type 1 leaves less to be trusted by its guest",
        _less_in_all,
        "a guest trusts all that it runs on, and of type 2 that is the kernel and the monitor",
    ),
    Saying(
        "a crash of the monitor is worse under type 2",
        _safer,
        "it is the other way round: a kernel kills the process and goes on, and below type 1 there is nobody to do so",
    ),
    Saying(
        "a crash of the kernel takes all of type 2 with it",
        _falls_with_it,
        "the kernel is to its processes what the monitor of type 1 is to its guests",
    ),
)
