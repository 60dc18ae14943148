"""Rings: console and disk for a guest that knows that it is virtual, with one word sent where the others take many.

A ring lies in the guest's own storage. Its first four words are its size N, the index up to which its producer has
filled it, the index up to which its consumer has emptied it, and a status; then come N slots. Indices count slots from
0 to N - 1, and equal ones mean that it is empty. Who sends the address of a ring to a port here *kicks* it: the device
looks at it at the next boundary, and does all that can be done.

The devices behind are the console and the disk of the same machine: what is printed in either way is one text. Parts
of the guest's storage are trusted no more than a word that is sent: a ring that cannot be one has `BAD_RING`.
docs/devices.md has all of it for the programmer of a guest.
"""

from typing import Any

from isa.classes import dataclass
from isa.devices.console import Console
from isa.devices.disk import BUSY, READY, Disk, Job
from isa.devices.ports import DeviceStorage
from isa.devices.saved import Saved
from isa.errors import MachineError

OUTPUT, INPUT, BLOCKS = range(3)  # the ports, from the first
SIZE, GIVEN, TAKEN, STATUS, HEADER = range(5)  # words of a ring
REQUEST = 4  # words of a slot of the disk's ring: command, storage address, block, status
BAD_RING, NO_DEVICE = 3, 6
MOST = 4096  # slots


@dataclass(slots=True)
class Kick:
    """What was last sent to a port: the ring's address. It is looked at the boundary before step `due`, if that is not
    0; `status` is what came of it."""

    address: int = 0
    due: int = 0
    status: int = READY


@dataclass(frozen=True, slots=True)
class Ring:
    """A ring as it stands in storage, with slots of `width` words."""

    storage: DeviceStorage
    address: int
    size: int
    given: int
    taken: int
    width: int

    @classmethod
    def at(cls, storage: DeviceStorage, address: int, width: int) -> "Ring | None":
        """The ring at an address; None if it does not lie in storage or has an index that is none."""
        if address + HEADER > storage.size:
            return None
        size, given, taken = storage.read(address, STATUS)
        whole = size <= MOST and address + HEADER + size * width <= storage.size
        return cls(storage, address, size, given, taken, width) if whole and given < size and taken < size else None

    def slot(self, index: int) -> int:
        """Where a slot lies, counted on from the end to the beginning."""
        return self.address + HEADER + index % self.size * self.width

    @property
    def held(self) -> int:
        """How many slots are given and not taken."""
        return (self.given - self.taken) % self.size

    @property
    def full(self) -> list[int]:
        """The slots that are given and not taken."""
        return self.first(self.held)

    def first(self, count: int) -> list[int]:
        """So many of those that are taken next."""
        return [self.slot(self.taken + i) for i in range(count)]

    @property
    def free(self) -> list[int]:
        """The slots that can be given."""
        return [self.slot(self.given + i) for i in range((self.taken - self.given - 1) % self.size)]

    def put(self, word: int, value: int) -> None:
        self.storage.write(self.address + word, [value])


class Rings:
    """Three ports; the interrupt means that the disk has done all that its ring asked for.

    A send to port 0 has the console print what a ring holds, to port 1 fill a ring with the characters that wait, and
    to port 2 the disk do the requests of a ring, one after the other, each in the disk's own time. Port p gives the
    status of its last ring.
    """

    name = "rings"
    ports = 3

    def __init__(self, console: Console | None, disk: Disk | None) -> None:
        self.console, self.disk = console, disk
        self._kicks = [Kick(), Kick(), Kick()]

    def recv(self, port: int, now: int) -> int:
        return self._kicks[port].status

    def steady(self, port: int) -> int:
        return self.recv(port, 0)

    def send(self, port: int, word: int, now: int) -> None:
        kick = self._kicks[port]
        if not self._there(port):
            kick.status = NO_DEVICE
        elif not kick.due:
            duration = self.disk.duration if port == BLOCKS and self.disk else 1
            self._kicks[port] = Kick(word, now + duration, BUSY)

    def _there(self, port: int) -> bool:
        return (self.disk if port == BLOCKS else self.console) is not None

    def told(self) -> dict[str, int]:
        named = zip(("output", "input", "blocks"), self._kicks, strict=True)
        return {f"{name} {part}": getattr(kick, part) for name, kick in named for part in ("address", "status")}

    def deadline(self) -> int | None:
        return min((kick.due for kick in self._kicks if kick.due), default=None)

    def act(self, now: int, storage: DeviceStorage) -> bool:
        ended = False
        for port, kick in enumerate(self._kicks):
            if kick.due and kick.due <= now:
                ring = Ring.at(storage, kick.address, REQUEST if port == BLOCKS else 1)
                if ring is None:
                    self._kicks[port] = Kick(kick.address, 0, BAD_RING)
                    ended |= port == BLOCKS
                else:
                    ended |= self._do(port, ring, now)
        return ended

    def _do(self, port: int, ring: Ring, now: int) -> bool:
        """What a ring asks for; True if the disk has done all of it. Raises DeviceFailure before anything changes."""
        due, ended = 0, False
        if port == OUTPUT and self.console:
            self._print(self.console, ring)
        elif port == INPUT and self.console:
            self._fill(self.console, ring)
        elif port == BLOCKS and self.disk and ring.full:
            more = self._move(self.disk, ring)
            due, ended = (now + self.disk.duration if more else 0), not more
        self._kicks[port] = Kick(ring.address, due, BUSY if due else READY)
        return ended

    def _print(self, console: Console, ring: Ring) -> None:
        characters = bytes(ring.storage.read(slot, 1)[0] & 0xFF for slot in ring.full)
        console.print(characters)
        ring.put(TAKEN, ring.given)

    def _fill(self, console: Console, ring: Ring) -> None:
        free = ring.free
        characters = console.take(len(free))
        for slot, character in zip(free, characters, strict=False):
            ring.storage.write(slot, [character])
        ring.put(GIVEN, (ring.given + len(characters)) % ring.size)
        ring.put(STATUS, console.recv(1, 0))

    def _move(self, disk: Disk, ring: Ring) -> bool:
        """Do the first request of a ring. Whether there are more."""
        slot, *more = ring.full
        command, address, block, _ = ring.storage.read(slot, REQUEST)
        status = disk.do(Job(command, address, block, 0), ring.storage)
        ring.storage.write(slot + REQUEST - 1, [status])
        ring.put(TAKEN, (ring.taken + 1) % ring.size)
        return bool(more)

    def mark(self) -> tuple[Any, ...]:
        return tuple((kick.address, kick.due, kick.status) for kick in self._kicks)

    def rewind(self, mark: tuple[Any, ...]) -> None:
        self._kicks = [Kick(*parts) for parts in mark]

    def save(self) -> dict[str, object]:
        return {"kicks": [{"address": k.address, "due": k.due, "status": k.status} for k in self._kicks]}

    def restore(self, saved: dict[str, object]) -> None:
        parts = [Saved(self.name, part) for part in Saved(self.name, saved).list("kicks")]
        if len(parts) != self.ports:
            raise MachineError(f"the saved state of the {self.name} is damaged: it has {len(parts)} kicks")
        self._kicks = [Kick(p.number("address"), p.number("due"), p.number("status", NO_DEVICE)) for p in parts]
