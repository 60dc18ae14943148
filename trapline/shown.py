"""What a run shows of its machine at the end: where it stands if it did not come to an end, and its state."""

import sys
from dataclasses import dataclass
from typing import Any

from isa.machine import Exit, Reason
from trapline.dump import dump_facts, dump_lines, state_facts
from trapline.dump_choice import DumpChoice
from trapline.launch import Launch
from trapline.standing import Standing, standing_at_end, standing_facts, standing_lines


@dataclass(frozen=True, slots=True)
class Shown:
    """`standing` is None for a machine that halted."""

    launched: Launch
    standing: Standing | None
    dump: DumpChoice | None

    @classmethod
    def at_end(cls, launched: Launch, end: Exit, dump: DumpChoice | None) -> "Shown":
        halted = end.reason is Reason.HALT
        return cls(launched, None if halted else standing_at_end(launched.rig, launched.image, launched.again), dump)

    def say(self) -> None:
        """For people, on stderr."""
        machine = self.launched.rig.machine
        for line in standing_lines(machine, self.standing) if self.standing else ():
            print(line, file=sys.stderr)
        for line in dump_lines(machine, self.dump) if self.dump else ():
            print(line, file=sys.stderr)

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        machine = self.launched.rig.machine
        return {
            "standing": standing_facts(machine, self.standing) if self.standing else None,
            "state": state_facts(machine),
            "dump": dump_facts(machine, self.dump) if self.dump else None,
        }
