"""The queue: the disk's blocks for a guest that has several requests under way at once.

The guest gives requests in a ring (`rings.py`), whose slots are their addresses. A request names a command, the first
block, and the pieces of storage that its words come from or go to, in order. The queue *takes* requests in order, and
remembers all of one, up to `ROOM` of them; each ends in its own time, so that one may overtake another. Then its words
move at once, its status is written, and the interrupt is raised. A flush is done when what was written before is safe.

How long a request takes is a function of it and the one taken before, in steps: a run is the same run wherever it is
repeated. Nothing in the guest's storage is believed. docs/devices.md has it for the programmer of a guest.
"""

from typing import Any, NamedTuple

from isa.devices.disk import (
    BAD_ADDRESS,
    BAD_BLOCK,
    BAD_COMMAND,
    BLOCK,
    BUSY,
    READ,
    READ_ONLY,
    READY,
    WRITE,
    Disk,
)
from isa.devices.ports import DeviceStorage
from isa.devices.rings import BAD_RING, STATUS, TAKEN, Ring
from isa.devices.saved import LARGEST, Saved

FLUSH = 3  # a command, beside the disk's two
COMMAND, FIRST, PIECES, RESULT, REQUEST = range(5)  # words of a request, before its pieces of two words each
BAD_SIZE = 7
ROOM = 8  # requests under way; more wait in the ring
MOST_PIECES, MOST_BLOCKS = 16, 64  # of a request
SEEK, FOLLOW, TRANSFER, FLUSHING = 180, 20, 20, 400  # steps; TRANSFER for each block
MOST_SAVED = {"looking": 1, "status": BAD_RING}

Piece = tuple[int, int]  # where it begins, and how many words it has


class Request(NamedTuple):
    """A request that was taken, and ends at the boundary before step `due`. `result` is where its status goes."""

    command: int
    block: int
    pieces: tuple[Piece, ...]
    result: int
    due: int

    @property
    def words(self) -> int:
        return sum(words for _, words in self.pieces)


class Registers(NamedTuple):
    """What a queue is at a moment, but for requests. `ring` is looked at next if `looking`; `follows` is the block
    behind the last one that was taken."""

    ring: int = 0
    looking: int = 0
    status: int = READY
    follows: int = 0


class Queue:
    """One port; the interrupt means that a request has ended, or that the ring was refused.

    Send gives the ring of requests, and again whenever some were added (0: no ring); recv gives its status. The blocks
    are those of `disk`, which may be used beside it.
    """

    name = "queue"
    ports = 1

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self._now = Registers()
        self._taken: tuple[Request, ...] = ()

    def recv(self, port: int, now: int) -> int:
        return BUSY if self._taken or self._now.looking else self._now.status

    def steady(self, port: int) -> int:
        return self.recv(port, 0)

    def send(self, port: int, word: int, now: int) -> None:
        self._change(ring=word, looking=1, status=READY)

    def _change(self, **values: Any) -> None:
        self._now = self._now._replace(**values)

    def told(self) -> dict[str, int]:
        return {**self._now._asdict(), "under way": len(self._taken)}

    def deadline(self) -> int | None:
        if self._now.looking:
            return 0
        return min((request.due for request in self._taken), default=None)

    def act(self, now: int, storage: DeviceStorage) -> bool:
        """At most one request ends at a boundary; then others are taken in its place."""
        request = min(self._taken, key=lambda each: each.due, default=None)
        ended = request is not None and request.due <= now
        if request is not None and ended:
            self._end(request, storage)
        refused = self._now.ring > 0 and not self._take(now, storage)
        if refused:
            self._change(ring=0, status=BAD_RING)
        self._change(looking=0)
        return ended or refused

    # ---- taking

    def _take(self, now: int, storage: DeviceStorage) -> bool:
        """Take what the ring has, as far as there is room. False for what is no ring, or no request."""
        ring = Ring.at(storage, self._now.ring, 1)
        if ring is None:
            return False
        ring.put(STATUS, self.disk.blocks)
        for count, slot in enumerate(ring.full[: ROOM - len(self._taken)], 1):
            request = self._request(storage.read(slot, 1)[0], now, storage)
            if request is None:
                return False
            self._taken += (request,)
            self._change(follows=min(request.block + request.words // BLOCK, LARGEST))
            ring.put(TAKEN, (ring.taken + count) % ring.size)
        return True

    def _request(self, address: int, now: int, storage: DeviceStorage) -> Request | None:
        """The request at an address; None if it does not lie in storage. One with too many pieces has none."""
        if address + REQUEST > storage.size:
            return None
        command, block, count, _ = storage.read(address, REQUEST)
        count = count if count <= MOST_PIECES and command != FLUSH else 0
        if address + REQUEST + 2 * count > storage.size:
            return None
        words = storage.read(address + REQUEST, 2 * count)
        request = Request(command, block, tuple(zip(words[::2], words[1::2], strict=True)), address + RESULT, 0)
        return request._replace(due=now + self._duration(request))

    def _duration(self, request: Request) -> int:
        if request.command == FLUSH:
            return FLUSHING
        begun = FOLLOW if request.block == self._now.follows else SEEK
        return begun + TRANSFER * min(request.words // BLOCK, MOST_BLOCKS)

    # ---- ending

    def _end(self, request: Request, storage: DeviceStorage) -> None:
        """Raises DeviceFailure before anything changes; the whole request is done again then."""
        status = self._refusal(request, storage)
        if status == READY:
            self._do(request, storage)
        if request.result < storage.size:  # always, unless it comes from a saved state that somebody changed
            storage.write(request.result, [status])
        at = self._taken.index(request)
        self._taken = self._taken[:at] + self._taken[at + 1 :]

    def _refusal(self, request: Request, storage: DeviceStorage) -> int:
        """The status of a request that cannot be done, READY for one that can."""
        if request.command not in (READ, WRITE, FLUSH):
            return BAD_COMMAND
        if request.command == FLUSH:
            return READY
        if request.command == WRITE and not self.disk.backing.writable:
            return READ_ONLY
        blocks, excess = divmod(request.words, BLOCK)
        if excess or not 0 < blocks <= MOST_BLOCKS:
            return BAD_SIZE
        if request.block + blocks > self.disk.blocks:
            return BAD_BLOCK
        inside = all(address + words <= storage.size for address, words in request.pieces)
        return READY if inside else BAD_ADDRESS

    def _do(self, request: Request, storage: DeviceStorage) -> None:
        if request.command == FLUSH:
            self.disk.flush()
        elif request.command == WRITE:
            gathered = [word for address, words in request.pieces for word in storage.read(address, words)]
            self.disk.write(request.block, gathered)
        else:
            scattered = self.disk.read(request.block, request.words // BLOCK)
            for address, words in request.pieces:
                storage.write(address, scattered[:words])
                del scattered[:words]

    # ---- what it is at a moment

    def mark(self) -> tuple[Registers, tuple[Request, ...]]:
        return self._now, self._taken

    def rewind(self, mark: tuple[Registers, tuple[Request, ...]]) -> None:
        self._now, self._taken = mark

    def save(self) -> dict[str, object]:
        taken = [{**each._asdict(), "pieces": [list(piece) for piece in each.pieces]} for each in self._taken]
        return {**self._now._asdict(), "taken": taken}

    def restore(self, saved: dict[str, object]) -> None:
        whole = Saved(self.name, saved)
        registers = {name: whole.number(name, MOST_SAVED.get(name, LARGEST)) for name in Registers._fields}
        taken = tuple(self._request_of(Saved(self.name, each)) for each in whole.list("taken"))
        if len(taken) > ROOM:
            raise whole.damaged("too many requests are under way")
        self._now, self._taken = Registers(**registers), taken

    def _request_of(self, saved: Saved) -> Request:
        pieces = []
        for pair in saved.list("pieces"):
            match pair:
                case [int(), int()]:
                    part = Saved(self.name, dict(zip(("address", "words"), pair, strict=True)))
                    pieces.append((part.number("address"), part.number("words")))
                case _:
                    raise saved.damaged(f"{pair!r:.40} is no piece of storage")
        if len(pieces) > MOST_PIECES:
            raise saved.damaged("a request has too many pieces")
        numbers = {name: saved.number(name) for name in ("command", "block", "result", "due")}
        return Request(pieces=tuple(pieces), **numbers)
