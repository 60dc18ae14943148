"""The network card: frames of Ethernet, without their checksum, in rings of buffers in the guest's own storage.

The guest gives buffers and the card takes them, in both directions: to send, buffers that hold a frame, and to receive,
buffers with room for one. A frame begins at the third octet of its buffer, so that what follows the 14 octets of its
header begins a word. Every frame that leaves takes `PACE` steps; `wire` is told of it, with the step, once however
often a stretch is run. What arrives is `Arrivals`: at a boundary, with a step, the same again in a replay.

Nothing in the guest's storage is believed: a ring or a buffer that cannot be one costs the guest its frame, no more.
docs/devices.md has all of it for the programmer of a guest. Who is at the other end of the wire is no business of the
machine's.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from isa.devices.arrivals import Arrivals
from isa.devices.disk import BAD_ADDRESS, BUSY, READY
from isa.devices.octets import Octets
from isa.devices.ports import DeviceFailure, DeviceStorage
from isa.devices.rings import BAD_RING, STATUS, TAKEN, Ring
from isa.devices.saved import LARGEST, Saved, packed

SEND, RECEIVE = range(2)  # the ports, from the first
ADDRESS, SIZE, RESULT, SLOT = range(4)  # words of a slot
BAD_SIZE = 2
HEADER, LEAST, MOST = 14, 60, 1514  # octets of a frame; a shorter one is padded with zeros
TAGGED, TAG = b"\x81\x00", 4  # what stands where its type would, and octets more (IEEE 802.1Q)
BEFORE = 2  # octets of a buffer before its frame
PACE = 100  # steps for a frame that leaves
MOST_SAVED = {"status": BAD_RING, "receiving": BAD_RING, "kicked": 1}
WAITING = 64  # frames that wait for a buffer; more are dropped
GROUP = 1  # the bit of an address's first octet that is set for many

Wire = Callable[[int, bytes], object]


def station_address(station: int) -> bytes:
    """The address of a station: locally administered, then its number in four octets."""
    return b"\x02\x54" + station.to_bytes(4, "big")


def is_whole(frame: bytes) -> bool:
    """Whether it has as many octets as a frame may have."""
    return HEADER <= len(frame) <= MOST + TAG * (frame[12:14] == TAGGED)


class Registers(NamedTuple):
    """What a card is at a moment, but for frames. `ring` is what was kicked to be sent, of which a frame leaves at the
    boundary before step `due` (0: none does); `buffers` are those to receive into, and are looked at next if `kicked`.
    The rest counts frames."""

    ring: int = 0
    due: int = 0
    status: int = READY
    buffers: int = 0
    kicked: int = 0
    receiving: int = READY
    sent: int = 0
    received: int = 0
    dropped: int = 0


class Card:
    """Two ports; the interrupt means that a frame has arrived.

    Port 0: send gives the ring of frames to send, port 1 the ring of buffers to receive into; recv gives the status of
    each. `width` is of a storage word in bits, 8 at least. `wire` takes the step and the frame; what it raises as
    OSError stops the machine before the frame has left. With `curious` frames for others are received too.
    """

    name = "card"
    ports = 2

    def __init__(
        self, width: int, station: int, wire: Wire | None = None, inbound: Arrivals | None = None, curious: bool = False
    ) -> None:
        self.station, self.address, self.curious = station, station_address(station), curious
        self.wire = wire
        self.inbound = Arrivals() if inbound is None else inbound
        self._octets = Octets(width)
        self._now = Registers()
        self._waiting: tuple[bytes, ...] = ()
        self._gone = 0  # frames that the wire was told of

    def recv(self, port: int, now: int) -> int:
        return self._now.status if port == SEND else self._now.receiving

    def steady(self, port: int) -> int:
        return self.recv(port, 0)

    def send(self, port: int, word: int, now: int) -> None:
        if port == RECEIVE:
            self._change(buffers=word, kicked=1, receiving=READY)
        elif not self._now.due:
            self._change(ring=word, due=now + PACE, status=BUSY)

    def _change(self, **values: Any) -> None:
        self._now = self._now._replace(**values)

    def told(self) -> dict[str, int]:
        return {**self._now._asdict(), "waiting": len(self._waiting)}

    def deadline(self) -> int | None:
        dues = (self._now.due or None, 0 if self._now.kicked else None, self.inbound.due())
        return min((due for due in dues if due is not None), default=None)

    def act(self, now: int, storage: DeviceStorage) -> bool:
        if 0 < self._now.due <= now:
            self._transmit(now, storage)
        arrived = self._arrive(now)
        if arrived or self._now.kicked:
            self._deliver(storage)
        return arrived

    def _transmit(self, now: int, storage: DeviceStorage) -> None:
        """Send the first frame of the ring. Raises DeviceFailure before anything changes."""
        ring = Ring.at(storage, self._now.ring, SLOT)
        if ring is None or not ring.held:
            self._change(due=0, status=READY if ring else BAD_RING)
            return
        slot, more = ring.slot(ring.taken), ring.held > 1
        address, size, _ = storage.read(slot, SLOT)
        status = self._refusal(address, size, storage)
        if status == READY:
            frame = self._octets.read(storage, address, BEFORE + size)[BEFORE:]
            if is_whole(frame):
                self._emit(now, frame + bytes(max(0, LEAST - size)))
            else:
                status = BAD_SIZE
        storage.write(slot + RESULT, [status])
        ring.put(TAKEN, (ring.taken + 1) % ring.size)
        self._change(due=now + PACE if more else 0, status=BUSY if more else READY)

    def _refusal(self, address: int, size: int, storage: DeviceStorage) -> int:
        if not HEADER <= size <= MOST + TAG:
            return BAD_SIZE
        return READY if address + self._octets.words(BEFORE + size) <= storage.size else BAD_ADDRESS

    def _emit(self, now: int, frame: bytes) -> None:
        if self.wire is not None and self._now.sent == self._gone:
            try:
                self.wire(now, frame)
            except OSError as error:
                reason = error.strerror or str(error)
                raise DeviceFailure(self.name, f"cannot send a frame: {reason}", "mend it, and continue") from error
        self._change(sent=self._now.sent + 1)
        self._gone = max(self._gone, self._now.sent)

    def _arrive(self, now: int) -> bool:
        try:
            frames = self.inbound.arrive(now)
        except OSError as error:
            reason = error.strerror or str(error)
            raise DeviceFailure(self.name, f"cannot record a frame: {reason}", "make room, and continue") from error
        ours = [frame for frame in frames if self._is_for_us(frame)]
        kept = ours[: WAITING - len(self._waiting)]
        self._waiting += tuple(kept)
        self._change(dropped=self._now.dropped + len(ours) - len(kept))
        return bool(kept)

    def _is_for_us(self, frame: bytes) -> bool:
        return is_whole(frame) and (self.curious or bool(frame[0] & GROUP) or frame[:6] == self.address)

    def _deliver(self, storage: DeviceStorage) -> None:
        """Frames that wait go into buffers, as far as there are any."""
        self._change(kicked=0)
        if not self._now.buffers:
            return
        ring = Ring.at(storage, self._now.buffers, SLOT)
        if ring is None:
            self._change(buffers=0, receiving=BAD_RING)
            return
        ring.put(STATUS, self.station)
        filled = min(ring.held, len(self._waiting))
        for slot, frame in zip(ring.first(filled), self._waiting[:filled], strict=True):
            self._put(slot, frame, storage)
        self._waiting = self._waiting[filled:]
        ring.put(TAKEN, (ring.taken + filled) % ring.size)

    def _put(self, slot: int, frame: bytes, storage: DeviceStorage) -> None:
        """A frame into the buffer of a slot; one that it does not fit is dropped, and the slot says so."""
        address, room, _ = storage.read(slot, SLOT)
        whole = bytes(BEFORE) + frame
        fits = len(frame) <= room and address + self._octets.words(len(whole)) <= storage.size
        if fits:
            self._octets.write(storage, address, whole)
            self._change(received=self._now.received + 1)
        else:
            self._change(dropped=self._now.dropped + 1)
        storage.write(slot + RESULT, [len(frame) if fits else 0])

    def branch(self) -> None:
        """Something else is going to happen: what leaves from now on leaves anew."""
        self.inbound.branch()
        self._gone = self._now.sent

    def mark(self) -> tuple[Registers, tuple[bytes, ...], int]:
        return self._now, self._waiting, self.inbound.mark()

    def rewind(self, mark: tuple[Registers, tuple[bytes, ...], int]) -> None:
        self._now, self._waiting, arrived = mark
        self.inbound.rewind(arrived)

    def save(self) -> dict[str, object]:
        return {
            **self._now._asdict(),
            "waiting": [packed(frame) for frame in self._waiting],
            "inbound": self.inbound.save(),
        }

    def restore(self, saved: dict[str, object]) -> None:
        whole = Saved(self.name, saved)
        registers = {name: whole.number(name, MOST_SAVED.get(name, LARGEST)) for name in Registers._fields}
        waiting = tuple(Saved(self.name, {"frame": frame}).data("frame") for frame in whole.list("waiting"))
        if len(waiting) > WAITING or not all(map(is_whole, waiting)):
            raise whole.damaged("`waiting` holds what is no frame, or too many")
        self.inbound.restore(Saved(self.name, whole.mapping("inbound")))
        self._now, self._waiting = Registers(**registers), waiting
        self._gone = self._now.sent
