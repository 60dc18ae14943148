"""How a run ended, in words and as an exit code."""

from collections.abc import Iterator

from isa.classes import dataclass
from isa.display import Displayed
from isa.machine import Exit, Reason
from trapline.running.rig import Rig

FAILED, HOST_FAILED = 1, 3


@dataclass(frozen=True, slots=True, repr=False)
class Verdict(Displayed):
    """`code` is the command's exit code. `resumable`: the guest was stopped from outside and would go on."""

    code: int
    text: str
    resumable: bool = False

    def title(self) -> str:
        return "verdict"

    def shown(self) -> Iterator[tuple[str, str]]:
        yield "", self.text
        yield "exit code", str(self.code)


def verdict(rig: Rig, end: Exit, interrupted: int, failure: str = "") -> Verdict:
    """`interrupted` is 0, or the exit code for it. `failure` is what the host failed besides devices: a trace that
    could not be written."""
    after = f"after {end.steps:,} steps"
    if failure:
        return Verdict(HOST_FAILED, f"stopped {after}: {failure}", resumable=end.reason is Reason.BUDGET)
    match end.reason:
        case Reason.HALT:
            code = rig.exit_code
            return Verdict(FAILED if code else 0, f"halted {after} ({end.retired:,} retired), exit code {code}")
        case Reason.BUDGET if interrupted:
            return Verdict(interrupted, f"interrupted {after}", resumable=True)
        case Reason.BUDGET:
            return Verdict(FAILED, f"not finished {after}: `--steps` allows no more")
        case Reason.IDLE:
            return Verdict(FAILED, f"waits for ever {after}: nothing is due that could wake it")
        case Reason.VIOLATION:
            return Verdict(FAILED, f"killed {after}: {end.detail}")
        case Reason.DEVICE:
            return Verdict(HOST_FAILED, f"stopped {after}: {end.detail}", resumable=True)
    return Verdict(FAILED, f"stopped {after}: {end.reason.value}")
