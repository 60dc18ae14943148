"""The console: a stream of characters in, a stream of characters out.

Port 0 receives the next character and sends one; port 1 receives the status. Characters come from an `Input`
(`inputs.py`) and are kept until the guest takes them; each arrival raises the interrupt. What the guest prints is kept
(`transcript.py`), and goes at once to a sink if there is one.
"""

import os
import select
from collections.abc import Sequence
from typing import Any, Protocol

from isa.devices.inputs import KINDS, Input, Script
from isa.devices.ports import DeviceFailure
from isa.devices.rewinding import branch, mark_part, rewind_part
from isa.devices.saved import Saved, packed
from isa.devices.transcript import Transcript

WAITING, ENDED = 1, 2


class Sink(Protocol):
    """Takes output at once and unbuffered: either all of `data` is out, or OSError."""

    def write(self, data: bytes, /) -> object: ...


class Descriptor:
    """A sink that writes to an open file descriptor, such as 1."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def write(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self.fd, data) :]
            except BlockingIOError:  # somebody else who has the same pipe or terminal made it non-blocking
                select.select([], [self.fd], [])


class Console:
    """Two ports; the interrupt means that a character, or the end of input, has arrived.

    Port 0: recv gives the next character or 0, send prints the low 8 bits. Port 1: recv gives the status: bit 0, a
    character is waiting; bit 1, none is waiting and none will come. A send to port 1 is ignored.
    """

    name = "console"
    ports = 2

    def __init__(self, input: Input | None = None, sink: Sink | None = None) -> None:
        self.input: Input = Script() if input is None else input
        self.sink = sink
        self._waiting = bytearray()
        self.transcript = Transcript()

    @property
    def output(self) -> bytes:
        """Everything printed so far; of more than a mebibyte its end."""
        return self.transcript.since(0)

    def printed(self, start: int) -> bytes:
        """What was printed from byte `start` on: for those who follow the output without copying all of it."""
        return self.transcript.since(start)

    def recv(self, port: int, now: int) -> int:
        if port == 1:
            return self._status(len(self._waiting))
        if not self._waiting:
            return 0
        character = self._waiting[0]
        del self._waiting[0]
        return character

    def steady(self, port: int) -> int | None:
        """The status, and that there is no character."""
        return self._steady(port, len(self._waiting))

    def next(self, port: int) -> int | None:
        """The character."""
        return self._waiting[0] if port == 0 and self._waiting else None

    def then(self, asked: int, port: int) -> int | None:
        return self._steady(port, len(self._waiting) - 1)

    def _steady(self, port: int, waiting: int) -> int | None:
        return self._status(waiting) if port == 1 else None if waiting else 0

    def _status(self, waiting: int) -> int:
        return WAITING if waiting else ENDED if self.input.ended else 0

    def take(self, most: int) -> bytes:
        """As many of the characters that wait as there are, at most so many."""
        taken = bytes(self._waiting[:most])
        del self._waiting[:most]
        return taken

    def send(self, port: int, word: int, now: int) -> None:
        if port == 0:
            self.print(bytes([word & 0xFF]))

    def stores(self, port: int) -> bool:
        """Whatever is sent, as long as it goes nowhere else: a sink may fail, and at the very step."""
        return self.sink is None

    def store(self, port: int, words: Sequence[int]) -> None:
        if port == 0:
            self.print(bytes([word & 0xFF for word in words]))

    def print(self, characters: bytes) -> None:
        """Print all of them. Raises DeviceFailure, and then none of them is printed."""
        self._emit(characters)
        self.transcript.append(characters)

    def _emit(self, characters: bytes) -> None:
        if self.sink is None:
            return
        try:
            self.sink.write(characters)
        except OSError as error:
            reason = error.strerror or str(error)
            help = "make room or open the output again, and continue"
            raise DeviceFailure(self.name, f"cannot write output: {reason}", help) from error

    def told(self) -> dict[str, int]:
        return {"printed": self.transcript.length, "waiting": len(self._waiting), "ended": int(self.input.ended)}

    def deadline(self) -> int | None:
        return self.input.due()

    def act(self, now: int, storage: object) -> bool:
        had_ended = self.input.ended
        try:
            arrived = self.input.arrive(now)
        except OSError as error:
            reason = error.strerror or str(error)
            raise DeviceFailure(self.name, f"cannot record input: {reason}", "make room, and continue") from error
        self._waiting += arrived
        return bool(arrived) or self.input.ended != had_ended

    def mark(self) -> tuple[Any, ...]:
        return self.input, mark_part(self.input), bytes(self._waiting), self.transcript.mark()

    def rewind(self, mark: tuple[Any, ...]) -> None:
        self.input, arrived, waiting, printed = mark
        rewind_part(self.input, arrived)
        self._waiting = bytearray(waiting)
        self.transcript.rewind(printed)

    def branch(self) -> None:
        branch(self.input)
        branch(self.sink)

    def save(self) -> dict[str, object]:
        source = {"kind": self.input.kind, "state": self.input.save()}
        return {"input": source, "waiting": packed(self._waiting), **self.transcript.save()}

    def restore(self, saved: dict[str, object]) -> None:
        """The input becomes one of the kind that was saved; one of that kind which is there already is kept. Output
        of the past is not sent to the sink again."""
        whole = Saved(self.name, saved)
        source = Saved(self.name, whole.mapping("input"))
        kind, state = source.text("kind"), Saved(self.name, source.mapping("state"))
        if kind not in KINDS:
            raise whole.damaged(f"there is no input of the kind {kind!r:.40}")
        waiting, transcript = bytearray(whole.data("waiting")), Transcript.restored(whole, "dropped" in saved)
        input = self.input if self.input.kind == kind else KINDS[kind]()
        input.restore(state)
        self.input, self._waiting, self.transcript = input, waiting, transcript
