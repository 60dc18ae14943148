"""What a run shows of its machine at the end: where it stands if it did not come to an end, and its state.

Most runs halt and show nothing of this, so what makes it is loaded when it is needed.
"""

import sys
from typing import TYPE_CHECKING, Any

from isa.classes import dataclass
from isa.machine import Exit, Reason
from trapline.running.launch import Launch
from trapline.state.choice import DumpChoice

if TYPE_CHECKING:
    from trapline.state.standing import Standing


@dataclass(frozen=True, slots=True)
class Shown:
    """`standing` is None for a machine that halted."""

    launched: Launch
    standing: "Standing | None"
    dump: DumpChoice | None

    @classmethod
    def at_end(cls, launched: Launch, end: Exit, dump: DumpChoice | None) -> "Shown":
        if end.reason is Reason.HALT:
            return cls(launched, None, dump)
        from trapline.state.standing import standing_at_end

        return cls(launched, standing_at_end(launched.rig, launched.image, launched.again), dump)

    def say(self) -> None:
        """For people, on stderr."""
        machine = self.launched.rig.machine
        if self.standing:
            from trapline.state.standing import standing_lines

            print("\n".join(standing_lines(machine, self.standing)), file=sys.stderr)
        if self.dump:
            from trapline.state.dump import dump_lines

            print("\n".join(dump_lines(machine, self.dump)), file=sys.stderr)

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        from trapline.state.dump import dump_facts, state_facts
        from trapline.state.standing import standing_facts

        machine = self.launched.rig.machine
        return {
            "standing": standing_facts(machine, self.standing) if self.standing else None,
            "state": state_facts(machine),
            "dump": dump_facts(machine, self.dump) if self.dump else None,
        }
