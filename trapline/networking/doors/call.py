"""One connection of TCP that a gateway has with a guest, from its side: the one that begins.

It is as small as the guests' own (docs/stack.md): one segment in flight, text taken in order and once. It knows neither
frames nor sockets, and hears of the time when it is looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from trapline.networking.doors.frames import ACK, FIN, PSH, RST, SYN, Segment

MOD = 1 << 32
MOST_TEXT = 1460  # octets of a segment
MSS = b"\x02\x04" + MOST_TEXT.to_bytes(2, "big")  # the option that says so
USUAL = 536
PATIENCE = 0.25  # seconds until a segment is sent again; then twice as many, and so on
TRIES = 7


class Told(Protocol):
    """Who is at the near end."""

    def room(self) -> int:
        """Octets that can be taken."""

    def text(self, data: bytes) -> None:
        """What the guest has said."""

    def over(self) -> None:
        """The guest will say no more."""


@dataclass(slots=True)
class Call:
    """`send` sends a segment of a sequence number, flags and text. `una` is our first octet that is not acknowledged,
    `nxt` the one behind those in flight, `rcv` the one that we expect."""

    told: Told
    send: Callable[[int, int, bytes, bytes], None]
    una: int
    nxt: int = 0
    rcv: int = 0
    window: int = 0
    out: bytearray = field(default_factory=bytearray)
    open: bool = False
    closing: bool = False  # nothing will be added to `out`
    closed: bool = False  # our end is acknowledged
    over: bool = False  # theirs has come
    gone: bool = False  # there is no connection, any more
    tries: int = 0
    when: float | None = None  # when what is in flight is sent again
    ended: bool = False  # whether our end is in flight

    def begin(self) -> None:
        """Say that we want to speak."""
        self.nxt = (self.una + 1) % MOD
        self._flight()

    def say(self, data: bytes) -> None:
        self.out += data
        self._go_on()

    def close(self) -> None:
        self.closing = True
        self._go_on()

    def abort(self) -> None:
        """Whoever spoke here has gone."""
        if not self.gone:
            self.send(self.nxt, RST | ACK, b"", b"")
            self._lose()

    def heard(self, segment: Segment) -> None:
        """A segment has come."""
        if not self.open:
            self._greeted(segment)
        elif segment.flags & RST:
            if segment.seq == self.rcv:
                self._lose()
        elif segment.flags & SYN:
            self.acknowledge()
        elif segment.flags & ACK:
            self._acknowledged(segment)
            owed = self._taken(segment)
            if not self._go_on() and owed:
                self.acknowledge()
        if self.closed and self.over and not self.gone:
            self._lose()

    def look(self, now: float) -> None:
        """The time is `now`, in seconds."""
        if self.gone or self.una == self.nxt:
            self.when = None
        elif self.when is None:
            self.when = now + PATIENCE * 2**self.tries
        elif now >= self.when:
            self.tries, self.when = self.tries + 1, None
            if self.tries < TRIES:
                self._flight()
            else:
                self._lose()

    def acknowledge(self) -> None:
        """Say what we have had, and for how much there is room."""
        if self.open:
            self.send(self.nxt, ACK, b"", b"")

    # ---- what arrives

    def _greeted(self, segment: Segment) -> None:
        if not segment.flags & ACK or segment.ack != self.nxt:
            return
        if segment.flags & RST:
            self._lose()
        elif segment.flags & SYN:
            self.open, self.una, self.tries, self.when = True, self.nxt, 0, None
            self.rcv, self.window = (segment.seq + 1) % MOD, segment.window
            if not self._go_on():
                self.acknowledge()

    def _acknowledged(self, segment: Segment) -> None:
        flight, new = (self.nxt - self.una) % MOD, (segment.ack - self.una) % MOD
        if new > flight:
            return
        self.window = segment.window
        if new:
            self.una, self.tries, self.when = segment.ack, 0, None
            self.closed = self.ended and new == flight
            del self.out[: new - self.closed]

    def _taken(self, segment: Segment) -> bool:
        """Take what is new of the segment's text; whether an acknowledgement is owed."""
        total, had = len(segment.text) + (segment.flags & FIN), (self.rcv - segment.seq) % MOD
        if had < total and not self.over:
            new = segment.text[had : had + self.told.room()]
            self.over = bool(segment.flags & FIN) and had + len(new) == len(segment.text)
            self.rcv = (self.rcv + len(new) + self.over) % MOD
            if new:
                self.told.text(new)
            if self.over:
                self.told.over()
        return total > 0

    # ---- what leaves

    def _go_on(self) -> bool:
        """Send the next segment, if nothing is in flight; whether there was one."""
        if not self.open or self.gone or self.una != self.nxt:
            return False
        size = min(len(self.out), USUAL, max(1, self.window))  # if there is no room, an octet asks for it
        self.ended = self.closing and not self.closed and size == len(self.out)
        self.nxt = (self.una + size + self.ended) % MOD
        if self.nxt != self.una:
            self._flight()
        return self.nxt != self.una

    def _flight(self) -> None:
        """Send what is in flight, for the first time or again."""
        if not self.open:
            self.send(self.una, SYN, b"", MSS)
            return
        size = (self.nxt - self.una) % MOD - self.ended
        flags = ACK | PSH | (FIN if self.ended else 0)
        self.send(self.una, flags, bytes(self.out[:size]), b"")

    def _lose(self) -> None:
        self.gone, self.when = True, None
