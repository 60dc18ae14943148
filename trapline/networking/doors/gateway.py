"""A gateway: a port of a guest, served on the loopback address. Who connects there is connected to the guest, by TCP on
the switch; the gateway is a station of its own for it, and needs no rights on the host."""

from contextlib import suppress
from functools import partial
from secrets import randbelow
from selectors import EVENT_READ, BaseSelector
from time import monotonic

from trapline.listening import listening
from trapline.networking.doors import frames
from trapline.networking.doors.call import MOD, Call
from trapline.networking.doors.door import Enter
from trapline.networking.doors.frames import ACK, FIN, RST, SYN, Segment, Station
from trapline.networking.doors.passage import Passage

FIRST, PORTS = 49152, 16384  # ports of ours (RFC 6335)
MOST = 64  # connections at once


class Gateway:
    """From a port of the host (0: any that is free) to one of a guest."""

    def __init__(self, us: int, guest: int, name: str, port: int, here: int) -> None:
        self.us, self.guest, self.name, self.port, self.here = Station(us), Station(guest), name, port, here
        self._passages: dict[int, Passage] = {}
        self._next = randbelow(PORTS)
        self._accepts = False

    def open(self, selector: BaseSelector, enter: Enter) -> str:
        self._selector, self._enter = selector, enter
        self._listener = listening(None, self.here)
        self._listener.setblocking(False)
        selector.register(self._listener, EVENT_READ, self._accept)
        self._accepts = True
        return f"{self.name}:{self.port} is served at 127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        with suppress(OSError):  # whoever wanted to connect may have gone
            near, _ = self._listener.accept()
            mine = self._free()
            passage = Passage(self._selector, near, partial(self._passages.pop, mine, None))
            passage.call = Call(passage, partial(self._send, passage, mine), randbelow(MOD))
            self._passages[mine] = passage
            passage.call.begin()
            passage.look()

    def _free(self) -> int:
        """A port of ours that is not in use."""
        while True:
            self._next = (self._next + 1) % PORTS
            if FIRST + self._next not in self._passages:
                return FIRST + self._next

    def _send(self, passage: Passage, mine: int, seq: int, flags: int, text: bytes, options: bytes) -> None:
        ack = passage.call.rcv if flags & ACK else 0
        self._leave(Segment(mine, self.port, seq, ack, flags, passage.room(), text, options))

    def _leave(self, segment: Segment) -> None:
        self._enter(frames.made(self.us, self.guest, segment))

    def leave(self, frame: bytes) -> None:
        answer = frames.answered(frame, self.us)
        if answer is not None:
            self._enter(answer)
        segment = frames.read(frame, self.guest, self.us)
        if segment is None or segment.source != self.port:
            return
        passage = self._passages.get(segment.target)
        if passage is not None:
            passage.call.heard(segment)
            passage.look()
        elif not segment.flags & RST:
            after = segment.seq + len(segment.text) + bool(segment.flags & SYN) + (segment.flags & FIN)
            self._leave(Segment(segment.target, self.port, segment.ack, after % MOD, RST | ACK, 0))

    def due(self) -> float | None:
        whens = [passage.call.when for passage in self._passages.values()]
        return min((max(0.0, when - monotonic()) for when in whens if when is not None), default=None)

    def look(self) -> None:
        for passage in list(self._passages.values()):
            passage.call.look(monotonic())
            if passage.call.gone:
                passage.look()
        accepts = len(self._passages) < MOST
        if accepts != self._accepts:
            self._accepts = accepts
            if accepts:
                self._selector.register(self._listener, EVENT_READ, self._accept)
            else:
                self._selector.unregister(self._listener)

    def close(self) -> None:
        for passage in list(self._passages.values()):
            passage.call.abort()
            passage.look()
        if self._accepts:
            self._listener.close()
