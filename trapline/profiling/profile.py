"""A run's profile: how many steps each source line and routine took, run directly, emulated, and trapped.

What ran directly was counted by the engine of the real machine (`isa.machine.counts`), by the words of its storage, and
what was interpreted for longer than a step by the engine that did so; what else a monitor did is among its exits.
Together they are all steps of the guest, but for those in which it only waited.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from isa.assembler import Image
from isa.machine import Machine
from isa.machine.counts import counts_of
from monitor import Decision, VirtualMachine
from trapline.profiling.routines import Routines

Key = TypeVar("Key")


class Share(NamedTuple):
    """Steps that the real machine executed, those that a monitor took instead, and those that were traps."""

    direct: int = 0
    emulated: int = 0
    trapped: int = 0

    @property
    def steps(self) -> int:
        return self.direct + self.emulated + self.trapped

    def __add__(self, other: object) -> "Share":
        assert isinstance(other, Share)
        return Share(*(a + b for a, b in zip(self, other, strict=True)))


class Where(NamedTuple):
    """A source line; of a word that has none only its place, None for what is not known (it could not be fetched)."""

    file: str
    line: int
    text: str
    place: int | None
    routine: str


@dataclass(frozen=True)
class Profile:
    """`lines` and `routines`, the most steps first; `idle` are steps in which the machine only waited."""

    lines: tuple[tuple[Where, Share], ...]
    idle: int

    @property
    def routines(self) -> list[tuple[str, Share]]:
        return _summed((where.routine, share) for where, share in self.lines)

    @property
    def whole(self) -> Share:
        return sum((share for _, share in self.lines), start=Share())


def profile(machine: Machine, image: Image | None) -> Profile:
    """Of a machine whose real machine has an engine that counts."""
    words = Counter[tuple[int | None, int]]()  # by place, and index of a `Share`
    for kind, virtual in ((0, False), (1, True)):
        for count in counts_of(machine.storage, virtual).of(machine.storage):
            words[count.place, kind] += count.steps - count.trapped
            words[count.place, 2] += count.trapped
    for host in machine.hosts:
        if isinstance(host, VirtualMachine):
            _exits(host, machine, words)
    where = where_of(machine, image)
    shares = ((where(place), _one(kind, number)) for (place, kind), number in words.items() if number)
    return Profile(tuple(_summed(shares)), machine.skipped)


def _one(kind: int, number: int) -> Share:
    return Share(*(number if kind == k else 0 for k in range(3)))


def _exits(host: VirtualMachine, guest: Machine, words: Counter[tuple[int | None, int]]) -> None:
    """Add what a monitor did: an emulation is a step of the guest, and at the guest's own monitor a trap is one too."""
    moved = guest.storage.offset - host.storage.offset
    for (decision, _, _, place), number in host.statistics.exits.items():
        here = None if place is None else place - moved
        if decision is Decision.EMULATED:
            words[here, 1] += number
        elif host is guest and decision in (Decision.REFLECTED, Decision.INJECTED):
            words[here, 2] += number


def where_of(machine: Machine, image: Image | None) -> Callable[[int | None], Where]:
    """From places in a machine's storage to where they come from."""
    routines = Routines(machine.isa, image) if image is not None else None

    def where(place: int | None) -> Where:
        if place is None:
            return Where("", 0, "", None, "")
        line = image.lines.get(place) if image is not None else None
        routine = routines.of(place) if routines is not None else ""
        return Where(line.file, line.line, line.text, None, routine) if line else Where("", 0, "", place, routine)

    return where


def _summed(shares: Iterable[tuple[Key, Share]]) -> list[tuple[Key, Share]]:
    """By what they are of, the most steps first."""
    found: dict[Key, Share] = {}
    for key, share in shares:
        found[key] = found.get(key, Share()) + share
    return sorted(found.items(), key=lambda pair: -pair[1].steps)
