"""What comes from outside to a device, each at a step: frames to a card, keys to a keyboard.

As with the console's characters (`inputs.py`), the step of an arrival is all that a guest can tell about it. So what
arrived is known with its steps: a machine that goes back is given it again at the same steps, and a run that is given
the arrivals of another is the same run.
"""

import struct
from collections.abc import Callable, Iterable
from itertools import pairwise

from isa.devices.saved import Saved, packed

MOST_KEPT = 100_000  # items of the past
_PAST = struct.Struct(">QI")  # the step of an item, and how many octets it has

Known = tuple[int, bytes]  # the step before which it arrives, and what
Record = Callable[[int, bytes], object]


class Arrivals:
    """Items in the order of their steps: those of `known` (a recording, a script), and what is fed meanwhile, which
    arrives at the next boundary behind those. `record` is told of each that was fed, before it arrives; if it raises
    OSError, nothing has arrived."""

    def __init__(self, known: Iterable[Known] = (), record: Record | None = None) -> None:
        self._known = sorted(known, key=lambda item: item[0])
        self._next = 0
        self._fed: list[bytes] = []
        self.record = record

    def feed(self, item: bytes) -> None:
        self._fed.append(item)

    @property
    def known(self) -> tuple[Known, ...]:
        """All that arrived, and what is known to come."""
        return tuple(self._known)

    def due(self) -> int | None:
        """The step of the next arrival; 0 for at once, None for none in sight."""
        if self._next < len(self._known):
            return self._known[self._next][0]
        return 0 if self._fed else None

    def arrive(self, now: int) -> list[bytes]:
        """Take what arrives up to this step. Raises OSError, and takes nothing, if it cannot be recorded."""
        if self._next == len(self._known):
            while self._fed:
                if self.record is not None:
                    self.record(now, self._fed[0])
                self._known.append((now, self._fed.pop(0)))
        first = self._next
        while self._next < len(self._known) and self._known[self._next][0] <= now:
            self._next += 1
        return [item for _, item in self._known[first : self._next]]

    def forget(self) -> None:
        """Forget what came before the present moment, to which nobody will go back."""
        del self._known[: self._next]
        self._next = 0

    def branch(self) -> None:
        """Forget what came after the present moment."""
        del self._known[self._next :]

    def mark(self) -> int:
        return self._next

    def rewind(self, mark: int) -> None:
        self._next = mark

    def save(self) -> dict[str, object]:
        rest = [[step, packed(item)] for step, item in self._known[self._next :]]
        return {"rest": rest, "fed": [packed(item) for item in self._fed]}

    def restore(self, saved: Saved) -> None:
        """What came before the moment of the saved state is not known any more."""
        rest = []
        for pair in saved.list("rest"):
            match pair:
                case [int(), str()]:
                    part = Saved(saved.where, dict(zip(("step", "item"), pair, strict=True)))
                    rest.append((part.number("step"), part.data("item")))
                case _:
                    raise saved.damaged(f"{pair!r:.40} is not an arrival")
        fed = [Saved(saved.where, {"item": item}).data("item") for item in saved.list("fed")]
        if rest != sorted(rest, key=lambda item: item[0]):
            raise saved.damaged("its arrivals are out of order")
        self._known, self._next, self._fed = rest, 0, fed


class Kept(Arrivals):
    """Arrivals of which the past is saved too: what was done at a machine since it booted. Of more than `MOST_KEPT`
    nothing is kept, and the past is not `whole` any more."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = True

    @property
    def past(self) -> tuple[Known, ...]:
        return tuple(self._known[: self._next])

    def arrive(self, now: int) -> list[bytes]:
        arrived = super().arrive(now)
        if self._next > MOST_KEPT or not self.whole:
            self.whole = False
            self.forget()
        return arrived

    def save(self) -> dict[str, object]:
        past = b"".join(_PAST.pack(step, len(item)) + item for step, item in self.past)
        return {**super().save(), "past": packed(past), "whole": int(self.whole)}

    def restore(self, saved: Saved) -> None:
        super().restore(saved)
        self.whole = saved.has("past") and saved.flag("whole")
        past = _items(saved) if self.whole else []
        if any(before[0] > after[0] for before, after in pairwise((*past, *self._known[:1]))):
            raise saved.damaged("what arrived is out of order")
        self._known, self._next = past + self._known, len(past)


def _items(saved: Saved) -> list[Known]:
    """What a saved past says."""
    data, at = saved.data("past"), 0
    found: list[Known] = []
    while at < len(data):
        step, size = _PAST.unpack_from(data, at) if at + _PAST.size <= len(data) else (0, len(data))
        at += _PAST.size + size
        if at > len(data) or len(found) == MOST_KEPT:
            raise saved.damaged("its past is cut off, or too long")
        found.append((step, data[at - size : at]))
    return found
