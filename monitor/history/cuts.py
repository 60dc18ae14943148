"""Where a history cuts a run: at fixed steps of its clock, sixteen in each power of two, the further on the longer the
stretches.

A monitor counts where the runs of its virtual machines end, and begins the shadows of its machines anew there. So cuts
belong to a run. As they are always at the same steps, a stretch comes out alike however often it is run again, and
`fresh` is the run that a history promises.
"""

from isa.machine import Exit, Machine, Reason
from monitor.schedule import Schedule

SHORTEST, LONGEST, PARTS_SHIFT = 1 << 12, 1 << 23, 4  # steps from cut to cut; a power of two has 16 stretches


def stretch(step: int) -> int:
    """How long a stretch is, in steps, where this step lies."""
    return min(LONGEST, max(SHORTEST, (1 << step.bit_length()) >> (1 + PARTS_SHIFT)))


def cut_before(step: int) -> int:
    """The last cut up to this step, itself included."""
    return step - step % stretch(step)


def cut_after(step: int) -> int:
    """The first cut behind this step."""
    return cut_before(step) + stretch(step)


def fresh(machine: Machine, step: int, schedule: Schedule | None = None) -> Exit:
    """Run a machine that nobody has looked at to where it is about to take a step, or to its end before: what a history
    comes to as well. A guest that is not alone belongs to a schedule."""
    turns = schedule or Schedule.of(machine)
    while True:
        end = turns.run(cut_after(turns.steps) - turns.steps, machine, step)
        if end.reason is not Reason.BUDGET or turns.at(step, machine):
            return end
