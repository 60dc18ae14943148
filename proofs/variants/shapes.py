"""The machines that variants differ from, cut into the parts that a variant may change; and their words for the things
that every variant speaks of, which are read off roles. Next: `draft.py`.

`DOWN` is g3 in small, `UP` has nothing in common with it, `FEW` is the shipped g3 with few instructions.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from isa.description import Isa, Kind, Role
from isa.language import load_text
from isa.passes.partition import ordinary_bits
from proofs.terms.words import place_name

MACHINES = Path(__file__).parent / "machines"


@dataclass(frozen=True)
class Shape:
    """A machine in a file of its own. New instructions have this format, with registers `d` and `a`, and one of these
    opcodes, which are free."""

    name: str
    format: str
    codes: range

    @cached_property
    def text(self) -> str:
        return (MACHINES / f"{self.name}.isa").read_text()

    @cached_property
    def isa(self) -> Isa:
        return load_text(self.text, source=f"{self.name}.isa")

    # ---- the words for things

    @property
    def word(self) -> int:
        return self.isa.word

    def _place(self, role: Role) -> str:
        """The first place with a role."""
        return place_name(self.isa, self.isa.roles[role][0])

    @cached_property
    def storage(self) -> str:
        return self._place(Role.STORAGE)

    @cached_property
    def pc(self) -> str:
        return self._place(Role.PC)

    @cached_property
    def mode(self) -> str:
        return self._place(Role.MODE)

    @cached_property
    def base(self) -> str:
        return self._place(Role.BASE)

    @cached_property
    def bound(self) -> str:
        return self._place(Role.BOUND)

    @cached_property
    def timer(self) -> str:
        return self._place(Role.TIMER)

    @cached_property
    def enable(self) -> str:
        return self._place(Role.ENABLE)

    @cached_property
    def pending(self) -> str:
        return self._place(Role.PENDING)

    @cached_property
    def halt(self) -> str:
        return self._place(Role.HALT)

    @cached_property
    def port(self) -> str:
        return self._place(Role.CHANNEL)

    @cached_property
    def cell(self) -> str:
        """A general register, with `%s` for its number or operand."""
        files = (s.name for s in self.isa.states.values() if s.kind is Kind.ARRAY and s.role is Role.GENERAL)
        return f"{next(files)}[%s]"

    @property
    def fixed(self) -> str:
        """A register that can be named where there are no operands."""
        return self.cell % 1

    @cached_property
    def _spare(self) -> tuple[str, int]:
        scalars = (s for s in self.isa.scalars() if s.role is not Role.PC)
        return next((s.name, low) for s in scalars for low, count in ordinary_bits(s) if count >= 2)

    @property
    def spare(self) -> str:
        """Two ordinary bits that are no register."""
        name, low = self._spare
        return f"{name}[{low + 1}:{low}]"

    @property
    def spare_bit(self) -> str:
        name, low = self._spare
        return f"{name}[{low}]"

    @cached_property
    def guard(self) -> str:
        """The name of the def that traps in user mode."""
        return next(h for h in self.isa.texts if h.startswith("def ") and h.endswith("()"))[len("def ") : -len("()")]

    # ---- the parts

    def _lines(self, heading: str) -> list[str]:
        lines = (line.partition("#")[0] for line in self.isa.texts[heading].splitlines())
        return [" ".join(s.split()) for line in lines for s in line.split(";") if s.strip()]

    @cached_property
    def view(self) -> tuple[str, str, str]:
        """The cause of an access to `va` that is refused, when it is, and the place otherwise."""
        refused, place = self._lines("view mem[va]")
        found = re.fullmatch(r"trap (\w+)\(va\) when (.*)", refused)
        assert found
        return found[1], found[2], place.removeprefix("return ")

    @cached_property
    def entry(self) -> list[str]:
        return self._lines("on trap")

    @cached_property
    def prologue(self) -> list[str]:
        return self._lines("step")[:-1]

    @cached_property
    def illegal(self) -> str:
        """The cause of a word that is no instruction."""
        return self._lines("step")[-1].rpartition("trap ")[2].removesuffix("(insn)")


DOWN = Shape("down", "R", range(8, 16))
UP = Shape("up", "R", range(8, 16))
FEW = Shape("few", "T", range(0xA0, 0xA8))
