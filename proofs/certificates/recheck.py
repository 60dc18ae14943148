"""A certificate, checked again: against the description, and by a solver that need not be the one that made it.

Three things must agree, and none is taken on trust. The questions are built again from the description, and must be
those of the certificate, no more and no fewer. The verdict is derived again from the certificate's answers. And every
answer is found again, from the question's script alone. What the certificate itself leaves open claims nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from isa.description import Isa
from isa.machine.identity import meaning_digest
from proofs.certificates.certificate import BadCertificate, Certificate, Claims, verdict
from proofs.certificates.questions import SAT, Part, Question, recalled
from proofs.certificates.second_solver import ANSWER, Judge
from proofs.terms.solving import Found
from proofs.terms.workers import Job, Limits, Lost, Progress, answers, no_progress
from proofs.verdict.grounds import assumptions
from proofs.verdict.verification import Verification, jobs, put_together

QUESTION = 60.0  # seconds for one question, at most
SHARE = 20  # and not more than this part of all the time, so that one cannot use it up
_DIFFERS = "it was made of another description or by another Trapline, or was changed; verify the machine again"


@dataclass(frozen=True)
class Recheck:
    """What came of it. `found` is the verdict that follows from the certificate's answers; `forged` says where the
    certificate's own differs. The rest lists questions: those that the solver answers otherwise, those that it leaves
    open, and those of which the certificate claims nothing."""

    found: Verification
    confirmed: int
    forged: str
    contradicted: tuple[str, ...]
    open: tuple[str, ...]
    unclaimed: tuple[str, ...]

    @property
    def holds(self) -> Found:
        if self.forged or self.contradicted:
            return Found.NO
        return Found.UNKNOWN if self.open else Found.YES


def recheck(
    claimed: Certificate, isa: Isa, judge: Judge, timeout: float, workers: int = 2, progress: Progress = no_progress
) -> Recheck:
    """Raises BadCertificate if the certificate is none of this description."""
    if claimed.description != meaning_digest(isa):
        raise BadCertificate(f"the description of {isa.name} is not the one that this certificate speaks of", _DIFFERS)
    parts = _recalled(claimed, isa, timeout, workers)
    found = put_together(isa, [p if isinstance(p, Lost) else p.result for p in parts.values()], 0.0)
    forged = differing(claimed.verdict, verdict(found)) or differing(claimed.assumptions, assumptions(isa))
    asked = _distinct(parts)
    each = min(QUESTION, timeout / SHARE)
    told = answers(
        [_judged(judge, question.script, each) for _, question in asked],
        Limits(timeout, each + 2, workers),
        progress,
    )
    unclaimed = [about for about, question in asked if question.answer is Found.UNKNOWN]
    unclaimed += [f"{about}: {p.reason}" for about, p in parts.items() if isinstance(p, Lost)]
    pairs = [(a, q, _told(t)) for (a, q), t in zip(asked, told, strict=True) if q.answer is not Found.UNKNOWN]
    return Recheck(
        found,
        sum(1 for _, question, (said, _) in pairs if said is question.answer),
        forged,
        tuple(
            f"{about}: the certificate says {SAT[question.answer]}, the solver {SAT[said]}"
            for about, question, (said, _) in pairs
            if said not in (question.answer, Found.UNKNOWN)
        ),
        tuple(f"{about}: {why}" for about, _, (said, why) in pairs if said is Found.UNKNOWN),
        tuple(unclaimed),
    )


def _recalled(claimed: Certificate, isa: Isa, timeout: float, workers: int) -> dict[str, Part | Lost]:
    """Every part, run again with the certificate's answers."""
    asked = jobs(isa, QUESTION)
    if list(asked) != [p.about for p in claimed.parts]:
        odd = sorted(set(asked) ^ {p.about for p in claimed.parts})
        said = f"of `{odd[0]}` there is nothing in one of the two" if odd else "the parts are in another order"
        raise BadCertificate(f"the certificate is not one of {isa.name}: {said}", _DIFFERS)
    again = [_again(claims, job) for claims, job in zip(claimed.parts, asked.values(), strict=True)]
    parts = answers(again, Limits(timeout, timeout, workers))
    for claims, part in zip(claimed.parts, parts, strict=True):
        if isinstance(part, str):
            raise BadCertificate(f"the questions are not those of {isa.name}: {part}", _DIFFERS)
        if isinstance(part, Lost) and not claims.lost:
            raise BadCertificate(f"{claims.about} could not be asked again: {part.reason}", "give it more time")
    return dict(zip(asked, parts, strict=True))


def _again(claims: Claims, job: Job) -> Job:
    return partial(Lost, claims.lost) if claims.lost else recalled(claims.about, job, claims.questions)


def _distinct(parts: dict[str, Part | Lost]) -> list[tuple[str, Question]]:
    """Every question and claim once, with what it is about."""
    found: dict[tuple[str, Found], tuple[str, Question]] = {}
    for about, part in parts.items():
        for q in () if isinstance(part, Lost) else part.questions:
            found.setdefault((q.script, q.answer), (f"{about}: {q.asks}", q))
    return list(found.values())


def _judged(judge: Judge, script: str, timeout: float) -> Callable[[], str]:
    return lambda: judge(script, timeout)


def _told(said: str | Lost) -> tuple[Found, str]:
    if isinstance(said, Lost):
        return Found.UNKNOWN, said.reason
    return ANSWER.get(said, Found.UNKNOWN), f"the solver says {said[:60]}"


def differing(claimed: Any, derived: Any, at: str = "") -> str:
    """The first place where two pieces of data differ, in words; empty if they do not."""
    if isinstance(claimed, dict) and isinstance(derived, dict) and claimed.keys() == derived.keys():
        pairs = [(f"{at}.{key}", claimed[key], derived[key]) for key in derived]
    elif isinstance(claimed, list) and isinstance(derived, list) and len(claimed) == len(derived):
        pairs = [(f"{at}[{n}]", a, b) for n, (a, b) in enumerate(zip(claimed, derived, strict=True))]
    else:
        same = type(claimed) is type(derived) and claimed == derived
        return "" if same else f"{at.lstrip('.')}: the certificate says {claimed!s:.60}, its answers {derived!s:.60}"
    return next((said for place, a, b in pairs if (said := differing(a, b, place))), "")
