"""How running ends: `Trap`, what an engine stops for, and `Exit`, what a run reports."""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from isa.classes import dataclass
from isa.display import Displayed
from isa.ir.nodes import Origin


class Trap(NamedTuple):
    """A trap that was demanded and not yet delivered. `view` names the view that raised it, or is empty; `origin` says
    where in the step. `cause` and `info` are what `on trap` will be given."""

    cause: int
    info: int
    origin: Origin
    view: str = ""


class Pause(Enum):
    """Why an engine stopped, if not for a trap."""

    LIMIT = "limit"  # it ran as many steps as it was allowed
    SPIN = "spin"  # the step at this state would change nothing but time
    HALT = "halt"
    ASKED = "asked"  # it stopped after a step that used a channel, since a device may now have a new deadline
    DEVICE = "device"  # the host failed a device; the step did not happen
    VIOLATION = "violation"  # the monitor's audit found a breach of resource control


class Reason(Enum):
    """Why a run ended. The values are stable and appear in JSON reports."""

    TRAP = "trap"
    BUDGET = "budget"
    HALT = "halt"
    IDLE = "idle"
    BREAKPOINT = "breakpoint"
    VIOLATION = "violation"
    DEVICE = "device failure"


@dataclass(frozen=True, slots=True, repr=False)
class Exit(Displayed):
    """`steps` and `retired` count this run only; a trapped step is a step that did not retire.

    The state is the one before the trap, the device operation or the breakpoint's instruction. `detail` explains a
    violation or a device failure in words.
    """

    reason: Reason
    steps: int
    retired: int
    trap: Trap | None = None
    detail: str = ""

    def title(self) -> str:
        return f"exit: {self.reason.value}"

    def shown(self) -> Iterator[tuple[str, str]]:
        yield "steps", f"{self.steps:,}"
        yield "retired", f"{self.retired:,}"
        if self.trap is not None:
            yield "cause", str(self.trap.cause)
            yield "info", f"{self.trap.info:#x}"
        if self.detail:
            yield "detail", self.detail
