"""`--break WHERE`: a point of a program to which a run goes, and from which its budget of steps counts.

A label and a line of the source are places in storage, wherever the running program is relocated to; a number is a pc,
as the running program sees it. Engines stop there by themselves, bare or monitored.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from isa.assembler import Image
from isa.errors import UsageError
from isa.machine import Exit, Machine, Reason
from trapline.running.verdict import FAILED, Verdict

_NUMBER = re.compile(r"0[xX][0-9a-fA-F_]+|0[bB][01_]+|[0-9][0-9_]*")


@dataclass(slots=True)
class Point:
    """`where` as it was written: a pc, or a place in storage. `reached` is after how many steps of the run it came."""

    where: str
    pc: int | None = None
    place: int | None = None
    reached: int | None = None

    @classmethod
    def find(cls, where: str, image: Image | None) -> "Point":
        """Raises UsageError for what is neither, and for a name where no source is known."""
        if _NUMBER.fullmatch(where):
            try:
                return cls(where, pc=int(where, 0))
            except ValueError:
                raise UsageError(f"`{where:.60}` is not a whole number", "write it as `18` or `0x12`") from None
        if image is None:
            raise UsageError(f"a saved machine has no labels and lines, so `{where:.60}` is unknown", "give a pc")
        file, colon, line = where.rpartition(":")
        return cls(where, place=_line(where, file, line, image) if colon else _label(where, image))

    def run(self, machine: Machine, go: Callable[[int], Exit], limit: int, steps: int | None) -> Exit:
        """Run to the point, at most `limit` steps, and then `steps` more, if any are asked for."""
        machine.breakpoints = set() if self.pc is None else {self.pc}
        machine.break_places = set() if self.place is None else {self.place}
        end = go(limit)
        machine.breakpoints, machine.break_places = set(), set()
        if end.reason is not Reason.BREAKPOINT:
            return end
        self.reached = end.steps
        if steps is None:
            return end
        after = go(steps)
        return replace(after, steps=end.steps + after.steps, retired=end.retired + after.retired)

    def verdict(self, found: Verdict, end: Exit) -> Verdict:
        """What a run to this point came to: to stop where that was asked for is fine, never to come there is not."""
        if self.reached is None:
            return replace(found, code=found.code or FAILED, text=f"{found.text}; it never came to {self.where}")
        if found.resumable or end.reason not in (Reason.BREAKPOINT, Reason.BUDGET):
            return replace(found, text=f"{found.text}; it came to {self.where} after {self.reached:,}")
        further = end.steps - self.reached
        at = f"{further:,} steps from {self.where}" if further else f"at {self.where}"
        return Verdict(0, f"stopped after {end.steps:,} steps, {at}")


def _label(name: str, image: Image) -> int:
    labels = [n for n in image.symbols if n not in image.constants]
    if name in labels:
        return image.symbols[name]
    from difflib import get_close_matches

    near = get_close_matches(name, labels, 3)
    help = f"did you mean {' or '.join(near)}?" if near else "give a label, FILE:LINE, or a pc"
    raise UsageError(f"the program has no label `{name:.60}`", help)


def _line(where: str, file: str, number: str, image: Image) -> int:
    lines = [
        (address, line) for address, line in image.lines.items() if file in (line.file, os.path.basename(line.file))
    ]
    if not lines:
        files = sorted({os.path.basename(line.file) for line in image.lines.values()})
        raise UsageError(f"no word of the program comes from `{file:.60}`", f"its files: {', '.join(files) or 'none'}")
    found = [address for address, line in lines if number == str(line.line)]
    if not found:
        near = sorted({line.line for _, line in lines}, key=lambda n: abs(n - int(number)) if number.isdecimal() else n)
        raise UsageError(f"no word of the program comes from `{where:.60}`", f"from line {near[0]}, for one")
    return min(found)
