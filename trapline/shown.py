"""What a run shows of its machine at the end: where it stands if it did not come to an end, and its state."""

import sys
from dataclasses import dataclass
from typing import Any

from isa.machine import Exit, Reason
from trapline.launch import Launch
from trapline.standing import Standing, standing_at_end, standing_facts, standing_lines


@dataclass(frozen=True, slots=True)
class Shown:
    """`standing` is None for a machine that halted."""

    launched: Launch
    standing: Standing | None

    @classmethod
    def at_end(cls, launched: Launch, end: Exit) -> "Shown":
        halted = end.reason is Reason.HALT
        return cls(launched, None if halted else standing_at_end(launched.rig, launched.image, launched.again))

    def say(self) -> None:
        """For people, on stderr."""
        if self.standing:
            print("\n".join(standing_lines(self.launched.rig.machine, self.standing)), file=sys.stderr)

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        machine = self.launched.rig.machine
        return {"standing": standing_facts(machine, self.standing) if self.standing else None}
