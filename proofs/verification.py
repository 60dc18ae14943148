"""Is this machine virtualizable? Everything that is asked of it, in workers, and the three theorems put together.

`verify` is what `trapline verify` shows. An instruction's questions are one job; what a job could not answer stays
unknown and is reported with its reason, never taken for an answer. docs/verify.md explains every line of a report;
`proofs.classification` has the definitions, `proofs.machine_facts` the premises, `proofs.reasons` the words.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache, partial
from typing import Any

from isa.description import Isa
from isa.engines.steps import steps_of
from isa.errors import MachineError
from monitor.admission import admit
from monitor.compiled import CompiledCore
from monitor.core import Core
from proofs.access import Check, contained, steady
from proofs.classification import Classifier, Sensitivity, Subject, Verdict, subjects
from proofs.exact import Exact, exact
from proofs.exhibits import exhibit
from proofs.machine_facts import (
    CONTAINMENT,
    HYBRID_PREMISES,
    PREMISES,
    STEADY_VIEW,
    TIMER,
    TRAP_ENTRY,
    Fact,
    fetch_contained,
    fetch_steady,
    gathered,
    timer,
    trap_entry,
)
from proofs.operand_values import sensitive_values
from proofs.reasons import difference, reason
from proofs.solving import Found, both
from proofs.workers import Job, Limits, Lost, Progress, answers, no_progress

TIMEOUT = 120.0  # seconds for a machine
QUESTION = 20.0  # seconds for one question, at most


class Kind(Enum):
    """The monitor that a machine admits."""

    TRAP_AND_EMULATE = "trap-and-emulate"
    HYBRID = "hybrid"
    NEITHER = "neither"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """What was found of one instruction. `exact` is None if the question cannot be asked of this machine; `exhibit`
    tells of a state from which running it directly goes wrong; `lost` says why answers are missing."""

    verdict: Verdict
    exact: Exact | None
    contained: Check
    steady: Check
    exhibit: str = ""
    lost: str = ""

    @property
    def name(self) -> str:
        return self.verdict.name

    @property
    def difference(self) -> str:
        """Where letter and exact answer differ, and why."""
        return difference(self.verdict, self.exact)

    @property
    def unknown(self) -> bool:
        return Found.UNKNOWN in tuple(_founds(self))


@dataclass(frozen=True)
class Culprit:
    """An instruction that breaks Theorem 1 (or leaves it open), and why; `hybrid`: whether it keeps Theorem 3."""

    name: str
    reason: str
    hybrid: Found


@dataclass(frozen=True)
class Verification:
    """The verdict on one machine. `refused` is why our monitor does not take it; `seconds` is how long it took."""

    isa: Isa = field(repr=False)
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    refused: str
    timed: Found
    seconds: float = 0.0

    @property
    def premises(self) -> Found:
        """Whether the machine is one that the theorems speak of."""
        return both(*(f.holds for f in self.facts if f.name in PREMISES))

    @property
    def theorem1(self) -> Found:
        """Sensitive is a subset of privileged, unassigned encodings included, and no trap depends on the mode in
        another way."""
        return both(self.premises, *(f.verdict.virtualizable for f in self.findings))

    @property
    def theorem2(self) -> Found:
        """Theorem 1, and a monitor without timing dependences: ours counts virtual time, if it takes the machine."""
        return both(self.theorem1, self.timed)

    @property
    def theorem3(self) -> Found:
        """User sensitive is a subset of privileged. A hybrid monitor runs virtual user mode directly and interprets the
        rest, so the view may depend on the mode; not if there are several user modes, which all run in one."""
        needed = HYBRID_PREMISES if len(self.isa.modes.others) == 1 else PREMISES
        premises = (f.holds for f in self.facts if f.name in needed)
        return both(*premises, *(f.verdict.hybrid for f in self.findings))

    @property
    def monitor(self) -> Kind:
        if self.theorem1 is Found.YES:
            return Kind.TRAP_AND_EMULATE
        if Found.UNKNOWN in (self.theorem1, self.theorem3):
            return Kind.UNKNOWN
        return Kind.HYBRID if self.theorem3 is Found.YES else Kind.NEITHER

    @property
    def culprits(self) -> list[Culprit]:
        bad = (f.verdict for f in self.findings if f.verdict.virtualizable is not Found.YES)
        return [Culprit(v.name, reason(v), v.hybrid) for v in bad]

    @property
    def unknown(self) -> list[str]:
        """What stayed open: instructions and facts, with the reason."""
        open_ = [f"{f.name}: {f.lost or 'the solver gave no answer in time'}" for f in self.findings if f.unknown]
        open_ += [f"{f.name}: {f.detail or 'no answer in time'}" for f in self.facts if f.holds is Found.UNKNOWN]
        return open_ + (["our monitor: it could not be tried"] if self.timed is Found.UNKNOWN else [])

    def finding(self, name: str) -> Finding:
        return next(f for f in self.findings if f.name == name)


def verify(isa: Isa, timeout: float = TIMEOUT, workers: int = 2, progress: Progress = no_progress) -> Verification:
    """Ask everything of a machine; ends within `timeout` seconds, give or take the killing of a worker.

    With 0 workers all is asked in this process, which nothing can end but the solver's own limit.
    """
    began = time.monotonic()
    question = min(QUESTION, timeout / 4)
    asked = subjects(isa)
    whole: list[Callable[[Isa, float], Any]] = [trap_entry, timer, fetch_contained, fetch_steady, admitted]
    jobs: list[Job] = [partial(f, isa, question) for f in whole]
    jobs += [partial(study, what, question) for what in asked]
    found = answers(jobs, Limits(timeout, max(question, timeout / 2), workers), progress)
    findings = tuple(_kept(what, answer) for what, answer in zip(asked, found[len(whole) :], strict=True))
    refused, timed = _admission(found[4])
    facts = _facts(found[:4], findings)
    return Verification(isa, findings, facts, refused, timed, time.monotonic() - began)


def study(what: Subject, timeout: float) -> Finding:
    """Everything about one instruction; `timeout` in seconds for one question."""
    classifier = Classifier(what.isa, timeout)
    verdict = classifier.verdict(what)
    verdict = replace(verdict, values=sensitive_values(classifier, what, verdict))
    core = core_of(what.isa)
    answer = exact(core, what, timeout) if core else None
    shown = exhibit(core, what, timeout) if core and answer and answer.fails is Found.YES else ""
    return Finding(verdict, answer, contained(what, timeout), steady(what, timeout), shown)


@lru_cache(maxsize=4)
def core_of(isa: Isa) -> Core | None:
    """The monitor's core for a machine whose roles give it one, so that the exact question can be asked."""
    try:
        core = Core(isa)
        _ = core.resume, core.save, core.breach
    except MachineError:
        return None
    return core


def admitted(isa: Isa, timeout: float) -> str:
    """Why our monitor refuses a machine; empty if it takes it."""
    try:
        core = Core(isa)
        admit(core, CompiledCore(core), steps_of(isa))
    except MachineError as error:
        return error.message
    return ""


# ---- putting answers together


def _kept(what: Subject, answer: Any) -> Finding:
    return answer if isinstance(answer, Finding) else unanswered(what.name, answer.reason)


def unanswered(name: str, why: str) -> Finding:
    """A finding of which nothing is known."""
    no = Found.UNKNOWN
    nothing = Sensitivity(no, no, no, no, no, no)
    verdict = Verdict(name, no, no, no, no, nothing, nothing)
    return Finding(verdict, Exact(no, no, no, no, no), Check(no, why), Check(no, why), lost=why)


def _admission(answer: Any) -> tuple[str, Found]:
    if isinstance(answer, Lost):
        return answer.reason, Found.UNKNOWN
    return answer, Found.NO if answer else Found.YES


def _facts(found: list[Any], findings: tuple[Finding, ...]) -> tuple[Fact, ...]:
    entry, clock, fetched, fetched_alike = found
    inside = {"fetch": _check(fetched)} | {f.name: f.contained for f in findings}
    alike = {"fetch": _check(fetched_alike)} | {f.name: f.steady for f in findings}
    return (
        gathered(CONTAINMENT, inside),
        gathered(STEADY_VIEW, alike),
        _fact(TRAP_ENTRY, entry),
        _fact(TIMER, clock),
    )


def _check(answer: Any) -> Check:
    return Check(Found.UNKNOWN, answer.reason) if isinstance(answer, Lost) else answer


def _fact(name: str, answer: Any) -> Fact:
    return Fact(name, Found.UNKNOWN, (), answer.reason) if isinstance(answer, Lost) else answer


def _founds(finding: Finding) -> Iterator[Found]:
    """Every answer of a finding that a report shows."""
    verdict = finding.verdict
    yield from (verdict.privileged, verdict.vacuous, verdict.irregular, verdict.partly)
    for sensitivity in (verdict.sensitivity, verdict.unguarded, verdict.rest):
        if sensitivity is not None:
            yield from (getattr(sensitivity, name) for name in sensitivity.__dataclass_fields__)
    if finding.exact is not None:
        yield from (getattr(finding.exact, name) for name in finding.exact.__dataclass_fields__)
    yield from (finding.contained.holds, finding.steady.holds)
