"""Keyboard and pointer: what a user does, as one word for each event, in the order in which it was done.

The highest four bits of a word say which kind of event it is. A key that goes down or up has its symbol below, as X11
names them (letters and digits are their characters); the pointer has four bits of buttons, then twelve of the row and
twelve of the column where it is. Events arrive as characters do: at a boundary, with a step, the same in a replay.
"""

from isa.devices.arrivals import Arrivals
from isa.devices.ports import DeviceFailure
from isa.devices.saved import Saved

PRESSED, RELEASED, POINTED = 1, 2, 3  # kinds of events
SYMBOL, BUTTONS, PLACE = (1 << 28) - 1, 15, (1 << 12) - 1
OCTETS = 4  # of an event
WAITING = 256  # events that wait; of more the newest are dropped


def pressed(symbol: int, down: bool = True) -> bytes:
    """The event of a key: `symbol` as X11 numbers them."""
    return ((PRESSED if down else RELEASED) << 28 | symbol & SYMBOL).to_bytes(OCTETS, "big")


def pointed(column: int, row: int, buttons: int = 0) -> bytes:
    """The event of a pointer: bit 0 of `buttons` is the left one."""
    return (POINTED << 28 | (buttons & BUTTONS) << 24 | (row & PLACE) << 12 | column & PLACE).to_bytes(OCTETS, "big")


def split(events: bytes) -> list[bytes]:
    """Events that stand one behind the other, each by itself."""
    return [events[at : at + OCTETS] for at in range(0, len(events), OCTETS)]


class Keys:
    """One port, for words of 32 bits at least; the interrupt means that an event has arrived. Recv gives the next
    event, 0 if there is none; sends are ignored."""

    name = "keys"
    ports = 1

    def __init__(self, inbound: Arrivals | None = None) -> None:
        self.inbound = Arrivals() if inbound is None else inbound
        self._waiting: tuple[int, ...] = ()

    def recv(self, port: int, now: int) -> int:
        if not self._waiting:
            return 0
        event, *rest = self._waiting
        self._waiting = tuple(rest)
        return event

    def steady(self, port: int) -> int | None:
        return None if self._waiting else 0

    def next(self, port: int) -> int | None:
        return self._waiting[0] if self._waiting else None

    def then(self, asked: int, port: int) -> int | None:
        return None if len(self._waiting) > 1 else 0

    def send(self, port: int, word: int, now: int) -> None:
        pass

    def told(self) -> dict[str, int]:
        return {"waiting": len(self._waiting)}

    def deadline(self) -> int | None:
        return self.inbound.due()

    def act(self, now: int, storage: object) -> bool:
        try:
            arrived = [int.from_bytes(item[:OCTETS], "big") for item in self.inbound.arrive(now)]
        except OSError as error:
            reason = error.strerror or str(error)
            raise DeviceFailure(self.name, f"cannot record an event: {reason}", "make room, and continue") from error
        for event in arrived:
            self._take(event)
        return bool(arrived)

    def _take(self, event: int) -> None:
        """A pointer that only moved on takes the place of where it was, if nobody has looked meanwhile."""
        moved = bool(self._waiting) and event >> 28 == POINTED and event >> 24 == self._waiting[-1] >> 24
        kept = self._waiting[:-1] if moved else self._waiting
        if len(kept) < WAITING:
            self._waiting = (*kept, event)

    def branch(self) -> None:
        self.inbound.branch()

    def mark(self) -> tuple[tuple[int, ...], int]:
        return self._waiting, self.inbound.mark()

    def rewind(self, mark: tuple[tuple[int, ...], int]) -> None:
        self._waiting, arrived = mark
        self.inbound.rewind(arrived)

    def save(self) -> dict[str, object]:
        return {"waiting": list(self._waiting), "inbound": self.inbound.save()}

    def restore(self, saved: dict[str, object]) -> None:
        whole = Saved(self.name, saved)
        words = [Saved(self.name, {"event": word}).number("event", (1 << 32) - 1) for word in whole.list("waiting")]
        if len(words) > WAITING:
            raise whole.damaged("too many events wait")
        self.inbound.restore(Saved(self.name, whole.mapping("inbound")))
        self._waiting = tuple(words)
