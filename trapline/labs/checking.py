"""All checks of one submission: each is passed, failed with a counterexample, skipped because one that it needs was not
passed, or could not be done because the submission is broken."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from isa.errors import TraplineError
from trapline.labs import seeds
from trapline.labs.checks.catalogue import KINDS
from trapline.labs.checks.kind import Attempt, Failure
from trapline.labs.lab import Check, Lab
from trapline.labs.submission import Submission


class Status(Enum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"  # a check that it needs was not passed
    BROKEN = "broken"  # the submission cannot be looked at this way


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a check. `tried` seeds, of which `passed` found nothing wrong; `seed` is that of the failure.
    `reason` says why it was skipped, or what is broken; `measure` is that of its kind, of what passed."""

    check: Check
    status: Status
    points: float
    tried: int = 0
    passed: int = 0
    seed: str = ""
    failure: Failure | None = None
    reason: str = ""
    measure: int | None = None


def check_all(lab: Lab, submission: Submission, student: str, key: bytes | None = None) -> Iterator[Result]:
    """The checks in their order; with an instructor's key, the hidden seeds as well."""
    ended: dict[str, Status] = {}
    for check in lab.checks:
        lacking = [need for need in check.needs if ended[need] is not Status.PASSED]
        if lacking:
            result = Result(check, Status.SKIPPED, 0, reason=f"it needs `{lacking[0]}`")
        else:
            result = _checked(lab, check, submission, student, key)
        ended[check.name] = result.status
        yield result


def _checked(lab: Lab, check: Check, submission: Submission, student: str, key: bytes | None) -> Result:
    """One check with all its seeds. The first failure is told, and counts: a part of the points is given for the seeds
    that passed only where the check is seeded, or where a failure is a partial one."""
    kind = KINDS[check.kind]
    drawn = [*seeds.visible(lab, check, student)]
    if key is not None:
        drawn += seeds.hidden(lab, check, student, key)
    passed, parts, first = 0, 0.0, None
    for seed in drawn if kind.seeded else drawn[:1]:
        attempt = Attempt(lab, check, submission, seed, student, first is None)
        try:
            failure = kind.find(attempt)
        except TraplineError as error:
            return Result(check, Status.BROKEN, 0, passed + 1, passed, seed, None, error.render())
        if failure is None:
            passed += 1
            continue
        parts += failure.part
        first = first or (seed, failure)
    tried = len(drawn) if kind.seeded else 1
    if first is None:
        measure = kind.measure(attempt) if kind.measure else None
        return Result(check, Status.PASSED, check.points, tried, passed, measure=measure)
    return Result(check, Status.FAILED, round(check.points * (passed / 2 + parts) / tried, 2), tried, passed, *first)
