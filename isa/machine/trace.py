"""The trace: one line for each step, the same from every engine.

A line has, separated by one space: the step's number (from 0), the pc and the instruction word in hexadecimal
(`-` if the fetch trapped), then, each only if there is one, `trap CAUSE INFO`, `send PORT WORD`, `recv PORT WORD`.
An idle stretch that was skipped shows as a gap in the step numbers.
"""

from dataclasses import dataclass

from isa.description import Isa
from isa.machine.exits import Trap


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One step. `sent` and `received` are (port, word)."""

    step: int
    pc: int
    word: int | None
    trap: Trap | None
    sent: tuple[tuple[int, int], ...]
    received: tuple[tuple[int, int], ...]

    def text(self, isa: Isa) -> str:
        digits = (isa.word + 3) // 4
        parts = [str(self.step), f"{self.pc:0{digits}x}", "-" if self.word is None else f"{self.word:0{digits}x}"]
        if self.trap is not None:
            parts.append(f"trap {isa.cause.name_of(self.trap.cause) or self.trap.cause} {self.trap.info:x}")
        parts += [f"send {port} {word:x}" for port, word in self.sent]
        parts += [f"recv {port} {word:x}" for port, word in self.received]
        return " ".join(parts)
