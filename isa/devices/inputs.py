"""Where a console's characters come from, and at which step each of them arrives.

`Script` is known beforehand (a string or a file), `Replay` is a recording of an earlier run, `Live` is fed while the
machine runs (by `terminal.py`) and recorded by `recording.py`. All arrive at step boundaries only: the step of an
arrival is all that a guest can tell about it, so a script and a recording give the same run again.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Protocol

from isa.devices.recording import (
    LARGEST_RECORDING,
    LATEST,
    MAGIC,
    Arrival,
    Origin,
    Recorder,
    parse_origin,
    parse_recording,
)
from isa.devices.saved import Saved, packed
from isa.errors import TraplineError
from isa.files.sources_read import read_noted

INTERVAL = 100
LARGEST_SCRIPT = 1 << 24


class Input(Protocol):
    """A source of characters. `ended` says that no character will arrive any more."""

    @property
    def kind(self) -> str: ...

    @property
    def ended(self) -> bool: ...

    def due(self) -> int | None:
        """The step of the next arrival, the end of input included; 0 for at once, None for none in sight."""
        ...

    def arrive(self, now: int) -> bytes:
        """Take the characters that arrive up to this step. Raises OSError, and takes nothing, if recording fails."""
        ...

    def save(self) -> dict[str, object]: ...

    def restore(self, saved: Saved) -> None: ...


class Script:
    """Characters known beforehand: number i arrives at step i * `interval`, the end of input comes one interval after
    the last. An empty script has ended before it begins and raises no interrupt."""

    kind = "script"

    def __init__(self, data: bytes = b"", interval: int = INTERVAL) -> None:
        if interval < 1:
            raise ValueError("an interval is at least one step")
        self._data = bytes(data)
        self._interval = interval
        self._next = 0
        self.ended = not data

    @property
    def data(self) -> bytes:
        """All its characters."""
        return self._data

    def due(self) -> int | None:
        return None if self.ended else self._next * self._interval

    def arrive(self, now: int) -> bytes:
        latest = now // self._interval
        first, self._next = self._next, max(self._next, min(latest + 1, len(self._data)))
        self.ended = self.ended or latest >= len(self._data)
        return self._data[first : self._next]

    def mark(self) -> tuple[int, bool]:
        return self._next, self.ended

    def rewind(self, mark: tuple[int, bool]) -> None:
        self._next, self.ended = mark

    def save(self) -> dict[str, object]:
        return {"data": packed(self._data), "interval": self._interval, "next": self._next, "ended": int(self.ended)}

    def restore(self, saved: Saved) -> None:
        data, interval = saved.data("data"), saved.number("interval")
        if not interval:
            raise saved.damaged("`interval` is 0")
        position, ended = saved.number("next", len(data)), saved.flag("ended")
        self._data, self._interval, self._next, self.ended = data, interval, position, ended


class Replay:
    """Recorded arrivals, in the order of their steps. Where the recording stops without an end of input, nothing more
    arrives and the input has not ended, exactly as when it was recorded."""

    kind = "replay"

    def __init__(self, arrivals: tuple[Arrival, ...] = ()) -> None:
        self._arrivals = arrivals
        self._next = 0
        self.ended = False

    def due(self) -> int | None:
        return self._arrivals[self._next].step if self._next < len(self._arrivals) else None

    def arrive(self, now: int) -> bytes:
        taken = bytearray()
        while (due := self.due()) is not None and due <= now:
            character = self._arrivals[self._next].character
            self._next += 1
            if character is None:
                self.ended = True
            else:
                taken.append(character)
        return bytes(taken)

    def mark(self) -> tuple[tuple[Arrival, ...], int, bool]:
        return self._arrivals, self._next, self.ended

    def rewind(self, mark: tuple[tuple[Arrival, ...], int, bool]) -> None:
        self._arrivals, self._next, self.ended = mark

    def save(self) -> dict[str, object]:
        rest = [[arrival.step, arrival.character] for arrival in self._arrivals[self._next :]]
        return {"rest": rest, "ended": int(self.ended)}

    def restore(self, saved: Saved) -> None:
        rest = tuple(_arrival(saved, item) for item in saved.list("rest"))
        if any(a.step > b.step for a, b in pairwise(rest)):
            raise saved.damaged("its arrivals are out of order")
        self._arrivals, self._next, self.ended = rest, 0, saved.flag("ended")


def _arrival(saved: Saved, item: object) -> Arrival:
    match item:
        case [int(step), None] if 0 <= step <= LATEST:
            return Arrival(step, None)
        case [int(step), int(character)] if 0 <= step <= LATEST and 0 <= character <= 255:
            return Arrival(step, character)
    raise saved.damaged(f"{item!r:.40} is not an arrival")


class Live:
    """Characters given by `feed` while the machine stands still; they arrive at the next step boundary.

    The step is stamped there, not when the key was pressed: it is the arrival that must be the same in a replay. A
    machine that goes back is given again what arrived, at the same steps; what is fed meanwhile comes behind that.
    """

    kind = "live"

    def __init__(self, recorder: Recorder | None = None) -> None:
        self.ended = False
        self._recorder = recorder
        self._fed: list[int | None] = []
        self._arrived = bytearray()
        self._closed = False
        self._known: list[Arrival] = []  # all arrivals, those too that come after the present moment
        self._next = 0  # of them
        self._lines: list[int] = []  # where in the recording each of them begins
        self.waits = False  # nothing that is fed arrives now

    def feed(self, data: bytes) -> None:
        """Append characters; dropped after `close`."""
        if not self._closed:
            self._fed.extend(data)

    def close(self) -> None:
        """The end of input, after what was fed. Closing twice is allowed."""
        if not self._closed:
            self._closed = True
            self._fed.append(None)

    @property
    def pending(self) -> bool:
        """Whether something was fed that has not arrived yet."""
        return bool(self._fed or self._arrived)

    def due(self) -> int | None:
        if self._next < len(self._known):
            return self._known[self._next].step
        return 0 if self.pending and not self.waits else None

    def arrive(self, now: int) -> bytes:
        return self._again(now) if self._next < len(self._known) else self._anew(now)

    def _again(self, now: int) -> bytes:
        """What arrived here before."""
        first = self._next
        while self._next < len(self._known) and self._known[self._next].step <= now:
            self._next += 1
        found = [arrival.character for arrival in self._known[first : self._next]]
        self.ended = self.ended or None in found
        return bytes(c for c in found if c is not None)

    def _anew(self, now: int) -> bytes:
        recorded = 0
        try:
            for character in self._fed:
                self._record(Arrival(now, character))
                recorded += 1
        finally:
            # A recording must not hold a character twice when a failed attempt is tried again.
            self._arrived.extend(c for c in self._fed[:recorded] if c is not None)
            self.ended = self.ended or None in self._fed[:recorded]
            del self._fed[:recorded]
        taken, self._arrived = bytes(self._arrived), bytearray()
        return taken

    def _record(self, arrival: Arrival) -> None:
        begins = 0 if self._recorder is None else self._recorder.end
        if self._recorder is not None:
            self._recorder.record(arrival)
        self._known.append(arrival)
        self._lines.append(begins)
        self._next += 1

    def stamp(self, now: int) -> None:
        """What was fed is to arrive at this step, which is the present one, however often one goes back from there.
        Raises OSError if it cannot be recorded."""
        present = self._next
        try:
            while self._fed:
                self._record(Arrival(now, self._fed[0]))
                del self._fed[0]
        finally:
            self._next = present

    def mark(self) -> tuple[int, bool]:
        return self._next, self.ended

    def rewind(self, mark: tuple[int, bool]) -> None:
        self._next, self.ended = mark

    def branch(self) -> None:
        """Forget what arrived after the present moment; so does the recording. Raises OSError."""
        if self._next == len(self._known):
            return
        if self._recorder is not None:
            self._recorder.back_to(self._lines[self._next])
        self._closed = self.ended or None in self._fed
        del self._known[self._next :], self._lines[self._next :]

    def save(self) -> dict[str, object]:
        fed = bytes(c for c in self._fed if c is not None)
        ends: dict[str, object] = {"closed": int(self._closed), "ended": int(self.ended)}
        return {"fed": packed(fed), "arrived": packed(self._arrived), **ends}

    def restore(self, saved: Saved) -> None:
        fed, arrived = saved.data("fed"), bytearray(saved.data("arrived"))
        self._closed, self.ended = saved.flag("closed"), saved.flag("ended")
        self._fed, self._arrived = list(fed), arrived
        if self._closed and not self.ended:
            self._fed.append(None)


KINDS: dict[str, type[Script] | type[Replay] | type[Live]] = {k.kind: k for k in (Script, Replay, Live)}


def read_input(path: str, origin: Callable[[], Origin] | None = None) -> Callable[[], Script | Replay]:
    """A maker of equal inputs from a file, which is read once, so that it may be a pipe: the bytes of a script, or a
    recording. `origin` tells the run that it is for.

    Raises TraplineError if it cannot be read or is too long (16 MiB, a recording 64), SourceError if it is damaged,
    UsageError for a recording of another run.
    """
    data = _bytes(path)
    recorded = data.startswith(MAGIC)
    if len(data) > (LARGEST_RECORDING if recorded else LARGEST_SCRIPT):
        raise TraplineError(f"the input {path} is longer than {LARGEST_SCRIPT} bytes", "give a shorter input")
    if recorded:
        text = data.decode("utf-8", "replace")
        arrivals, recorded_of = parse_recording(text, path), parse_origin(text)
        if origin is not None and recorded_of is not None:
            origin().check(recorded_of, path)
        return lambda: Replay(arrivals)
    return lambda: Script(data)


def _bytes(path: str) -> bytes:
    try:
        return read_noted(path, LARGEST_RECORDING)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(f"cannot read the input {path}: {reason}", "give the name of a readable file") from None
