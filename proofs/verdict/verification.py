"""Is this machine virtualizable? Everything that is asked of it, in workers, and the three theorems put together.

`verify` is what `trapline verify` shows. A theorem holds when every step of the machine, prologue, fetch and body,
passes the exact question (`proofs.definitions.exact`), what the theorem presupposes is proved, and so is our monitor's own part
(`proofs.obligations.statements`). The paper's classes explain the verdict; what they alone would say is the verdict by the
*letter*, reported beside it. An instruction's questions are one job; what a job could not answer stays unknown and is
never taken for an answer. docs/verify.md explains every line of a report; `proofs.verdict.reasons` has the words.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache, partial
from typing import Any

from isa.description import Isa
from isa.display import Displayed
from isa.engines.reference.steps import steps_of
from isa.errors import MachineError
from isa.machine.time import time_of
from monitor.admission import admit, ready
from monitor.compiled import CompiledCore
from monitor.core import Core
from proofs.definitions.access import HOLDS, Check, contained, silent, steady
from proofs.definitions.assumptions import assumed, keeps
from proofs.definitions.classification import Classifier, Sensitivity, Subject, Verdict, subjects
from proofs.definitions.exact import Exact, exact, fetched, idle_step
from proofs.definitions.machine_facts import (
    ASSUMPTIONS,
    CONTAINMENT,
    EXACT_PREMISES,
    FETCH_FACT,
    PREMISES,
    PROLOGUE_FACT,
    REFUSALS,
    STEADY_VIEW,
    TIMER,
    TRAP_ENTRY,
    Fact,
    exact_fact,
    fetch_contained,
    fetch_silent,
    fetch_steady,
    gathered,
    timer,
    trap_entry,
)
from proofs.definitions.operand_values import sensitive_values
from proofs.obligations.deciding import Outcome, decided, undecided
from proofs.obligations.statements import MAP, NESTING, TIME, obligations
from proofs.terms.solving import Found, both, opposite
from proofs.terms.workers import Job, Limits, Lost, Progress, answers, no_progress
from proofs.verdict.exhibits import exhibit, fetch_exhibit
from proofs.verdict.reasons import difference, reason

TIMEOUT = 120.0  # seconds for a machine
QUESTION = 20.0  # seconds for one question, at most
_WORDS = {Found.YES: "holds", Found.NO: "fails", Found.UNKNOWN: "open"}
UNPROVED = "(map, time, nesting)"  # stands for obligations that did not come back


class Kind(Enum):
    """The monitor that a machine admits."""

    TRAP_AND_EMULATE = "trap-and-emulate"
    HYBRID = "hybrid"
    NEITHER = "neither"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """What was found of one instruction. `exact` is None if the question cannot be asked of this machine; `exhibit`
    tells of a state from which running it directly goes wrong; `keeps` whether it keeps what is assumed; `lost` says
    why answers are missing."""

    verdict: Verdict
    exact: Exact | None
    contained: Check
    steady: Check
    silent: Check
    keeps: Check = HOLDS
    exhibit: str = ""
    lost: str = ""

    @property
    def name(self) -> str:
        return self.verdict.name

    @property
    def theorem1(self) -> Found:
        """Whether it keeps Theorem 1: from every state it may run directly."""
        return opposite(self.exact.fails) if self.exact else Found.UNKNOWN

    @property
    def theorem3(self) -> Found:
        """Whether it keeps Theorem 3: the same in virtual user mode."""
        return opposite(self.exact.fails_user) if self.exact else Found.UNKNOWN

    @property
    def difference(self) -> str:
        """Where letter and exact answer differ, and why."""
        return difference(self.verdict, self.exact, self.access)

    @property
    def reason(self) -> str:
        """Why it breaks Theorem 1, or why that is not known; empty for one that keeps it."""
        return reason(self.verdict, self.exact, self.access)

    @property
    def access(self) -> list[str]:
        """Which premises on accesses to storage it breaks."""
        asked = {"contained": self.contained, "steady": self.steady, "silent": self.silent}
        return [name for name, check in asked.items() if check.holds is Found.NO]

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
class Theorems:
    """The theorems as found one way, and the monitor that a machine admits by that."""

    theorem1: Found
    theorem3: Found

    @property
    def monitor(self) -> Kind:
        if self.theorem1 is Found.YES:
            return Kind.TRAP_AND_EMULATE
        if Found.UNKNOWN in (self.theorem1, self.theorem3):
            return Kind.UNKNOWN
        return Kind.HYBRID if self.theorem3 is Found.YES else Kind.NEITHER


@dataclass(frozen=True)
class Refusal:
    """Why our monitor does not take a machine. `unready` are the reasons that would stop any monitor of ours, a hybrid
    one too; both are empty for a machine that it takes."""

    refused: str = ""
    unready: str = ""
    asked: bool = True  # whether that could be found out at all


@dataclass(frozen=True, repr=False)
class Verification(Displayed):
    """The verdict on one machine. `outcomes` are the obligations of our monitor that are about no instruction;
    `seconds` is how long it took."""

    isa: Isa = field(repr=False)
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    outcomes: tuple[Outcome, ...]
    refusal: Refusal
    seconds: float = 0.0

    def title(self) -> str:
        return f"verdict on {self.isa.name}"

    def shown(self) -> Iterator[tuple[str, str]]:
        for number, found in enumerate((self.theorem1, self.theorem2, self.theorem3), 1):
            yield f"Theorem {number}", _WORDS[found]
        for culprit in self.culprits:
            yield culprit.name, culprit.reason

    @property
    def refused(self) -> str:
        return self.refusal.refused

    @property
    def premises(self) -> Found:
        """Whether the machine is one that the theorems speak of."""
        return both(*(f.holds for f in self.facts if f.name in EXACT_PREMISES))

    @property
    def theorem1(self) -> Found:
        """Every step may run directly, from every state of every virtual machine: so a trap-and-emulate monitor is
        right. A monitor of ours that refuses the machine, or is not proved for it, leaves the theorem open."""
        shown = both(self.premises, *(f.theorem1 for f in self.findings))
        return shown if shown is not Found.YES else _or_open(self.refusal.refused, self._proved("nesting"))

    @property
    def theorem2(self) -> Found:
        """Theorem 1, and a monitor without timing dependences: ours counts virtual time, and its maps nest."""
        return both(self.theorem1, self._proved())

    @property
    def theorem3(self) -> Found:
        """Every step may run directly while the virtual machine is in user mode; a hybrid monitor interprets the
        rest."""
        premises = (f.hybrid for f in self.facts if f.name in EXACT_PREMISES)
        shown = both(*premises, *(f.theorem3 for f in self.findings))
        own = self._proved("nesting", "composition", "fetch")  # the fetch was asked about user mode on its own
        return shown if shown is not Found.YES else _or_open(self.refusal.unready, own)

    @property
    def letter(self) -> Theorems:
        """What the paper's definitions say, taken by the letter: sensitive is a subset of privileged, unassigned
        encodings included, and no trap depends on the mode in another way."""
        premises = both(*(f.holds for f in self.facts if f.name in PREMISES))
        hybrid = both(*(f.hybrid for f in self.facts if f.name in PREMISES))
        return Theorems(
            both(premises, *(f.verdict.virtualizable for f in self.findings)),
            both(hybrid, *(f.verdict.hybrid for f in self.findings)),
        )

    @property
    def exactly(self) -> Theorems:
        """What the exact question says, which is the verdict."""
        return Theorems(self.theorem1, self.theorem3)

    @property
    def monitor(self) -> Kind:
        return self.exactly.monitor

    @property
    def culprits(self) -> list[Culprit]:
        bad = (f for f in self.findings if f.theorem1 is not Found.YES)
        return [Culprit(f.name, f.reason, f.theorem3) for f in bad]

    @property
    def unknown(self) -> list[str]:
        """What stayed open: instructions and facts, with the reason."""
        open_ = [f"{f.name}: {f.lost or 'the solver gave no answer in time'}" for f in self.findings if f.unknown]
        open_ += [f"{f.name}: {f.detail or 'no answer in time'}" for f in self.facts if f.holds is Found.UNKNOWN]
        open_ += [f"our monitor, {o.theorem}: {o.why or 'no answer in time'}" for o in self.outcomes if o.open]
        return open_ + ([] if self.refusal.asked else ["our monitor: it could not be tried"])

    @property
    def unproved(self) -> list[Outcome]:
        """Obligations of our monitor about the machine that are not proved: for such a machine ours is not right, or
        not efficient."""
        return [outcome for outcome in self.outcomes if not outcome.proved]

    def finding(self, name: str) -> Finding:
        return next(f for f in self.findings if f.name == name)

    def _proved(self, *but: str) -> Found:
        """Whether our monitor's own obligations are proved, `but` those of some theorems. A mistake of ours is no
        failure of a theorem, and leaves it open."""
        return Found.YES if all(o.theorem in but for o in self.unproved) else Found.UNKNOWN


def _or_open(refused: str, proved: Found) -> Found:
    return both(Found.UNKNOWN if refused else Found.YES, proved)


def verify(isa: Isa, timeout: float = TIMEOUT, workers: int = 2, progress: Progress = no_progress) -> Verification:
    """Ask everything of a machine; ends within `timeout` seconds, give or take the killing of a worker.

    With 0 workers all is asked in this process, which nothing can end but the solver's own limit.
    """
    began = time.monotonic()
    found = answers(list(jobs(isa, longest(timeout)).values()), limits(timeout, workers), progress)
    return put_together(isa, found, time.monotonic() - began)


def limits(timeout: float, workers: int) -> Limits:
    """Of everything that is asked of a machine within `timeout` seconds."""
    return Limits(timeout, max(longest(timeout), timeout / 2), workers)


def longest(timeout: float) -> float:
    """Seconds for one question, if all may take `timeout`."""
    return min(QUESTION, timeout / 4)


def jobs(isa: Isa, question: float) -> dict[str, Job]:
    """Everything that is asked of a machine, by what it is about; `question` is in seconds for one question."""
    whole: dict[str, Job] = {f"({f.__name__})": partial(f, isa, question) for f in WHOLE}
    return whole | {what.name: partial(study, what, question) for what in subjects(isa)}


def put_together(isa: Isa, found: Sequence[Any], seconds: float) -> Verification:
    """The verdict, from the answer of every job or what stands for it."""
    whole = dict(zip(WHOLE, found, strict=False))
    findings = tuple(_kept(what, answer) for what, answer in zip(subjects(isa), found[len(WHOLE) :], strict=True))
    refused = whole[refusal]
    return Verification(
        isa,
        findings,
        _facts(isa, whole, findings),
        tuple(o for f in (of_the_map, of_time, of_nesting) for o in _outcomes(whole[f])),
        Refusal(refused.reason, refused.reason, False) if isinstance(refused, Lost) else refused,
        seconds,
    )


def study(what: Subject, timeout: float) -> Finding:
    """Everything about one instruction; `timeout` in seconds for one question."""
    classifier = Classifier(what.isa, timeout)
    verdict = classifier.verdict(what)
    verdict = replace(verdict, values=sensitive_values(classifier, what, verdict))
    core = core_of(what.isa)
    answer = exact(core, what, timeout) if core else None
    shown = exhibit(core, what, timeout) if core and answer and answer.fails is Found.YES else ""
    inside, alike, told = (check(what, timeout) for check in (contained, steady, silent))
    return Finding(verdict, answer, inside, alike, told, keeps(what, timeout), shown)


# ---- what is part of every step, and of the machine


def prologue(isa: Isa, timeout: float) -> Fact:
    """The exact question about a step that does nothing but its prologue."""
    core = core_of(isa)
    if core is None:
        return Fact(PROLOGUE_FACT, Found.UNKNOWN, (), "it cannot be asked of a machine that has no map")
    answer = exact(core, idle_step(isa), timeout)
    shown = exhibit(core, idle_step(isa), timeout) if answer.fails is Found.YES else ""
    return exact_fact(PROLOGUE_FACT, answer, shown)


def fetch(isa: Isa, timeout: float) -> Fact:
    core = core_of(isa)
    if core is None:
        return Fact(FETCH_FACT, Found.UNKNOWN, (), "it cannot be asked of a machine that has no map")
    answer = fetched(core, timeout)
    return exact_fact(FETCH_FACT, answer, fetch_exhibit(core, timeout) if answer.fails is Found.YES else "")


def assumptions(isa: Isa, timeout: float) -> dict[str, Check]:
    return assumed(isa, core_of(isa), timeout)


def of_the_map(isa: Isa, timeout: float) -> list[Outcome]:
    return _decided(isa, MAP, timeout)


def of_time(isa: Isa, timeout: float) -> list[Outcome]:
    return _decided(isa, TIME, timeout)


def of_nesting(isa: Isa, timeout: float) -> list[Outcome]:
    return _decided(isa, NESTING, timeout)


def _decided(isa: Isa, topic: str, timeout: float) -> list[Outcome]:
    """The obligations of a machine that our monitor can speak of; what it refuses is said elsewhere."""
    core, law = core_of(isa), time_of(isa)
    return [decided(o, timeout) for o in obligations(core, law, topic)] if core and law else []


@lru_cache(maxsize=4)
def core_of(isa: Isa) -> Core | None:
    """The monitor's core for a machine whose roles give it one, so that the exact question can be asked."""
    try:
        core = Core(isa)
        _ = core.resume, core.save, core.breach
    except MachineError:
        return None
    return core


def refusal(isa: Isa, timeout: float) -> Refusal:
    """Why our monitor refuses a machine."""
    try:
        core = Core(isa)
        ready(core)
    except MachineError as error:
        return Refusal(error.message, error.message)
    try:
        admit(core, CompiledCore(core), steps_of(isa))
    except MachineError as error:
        return Refusal(error.message)
    return Refusal()


WHOLE: tuple[Callable[[Isa, float], Any], ...] = (
    trap_entry,
    timer,
    fetch_contained,
    fetch_steady,
    fetch_silent,
    refusal,
    prologue,
    fetch,
    assumptions,
    of_the_map,
    of_time,
    of_nesting,
)


# ---- putting answers together


def _kept(what: Subject, answer: Any) -> Finding:
    return answer if isinstance(answer, Finding) else unanswered(what.name, answer.reason)


def unanswered(name: str, why: str) -> Finding:
    """A finding of which nothing is known."""
    no = Found.UNKNOWN
    nothing = Sensitivity(no, no, no, no, no, no)
    verdict = Verdict(name, no, no, no, no, nothing, nothing)
    return Finding(verdict, Exact(no, no, no, no, no), Check(no, why), Check(no, why), Check(no, why), lost=why)


def _facts(isa: Isa, whole: dict[Any, Any], findings: tuple[Finding, ...]) -> tuple[Fact, ...]:
    inside = {"fetch": _check(whole[fetch_contained])} | {f.name: f.contained for f in findings}
    alike = {"fetch": _check(whole[fetch_steady])} | {f.name: f.steady for f in findings}
    alone = Found.YES if len(isa.modes.others) == 1 else None  # user mode on both sides: one view is enough
    telling = {"fetch": _check(whole[fetch_silent])} | {f.name: f.silent for f in findings}
    made = whole[assumptions]
    believed = {ASSUMPTIONS: _check(made)} if isinstance(made, Lost) else made
    return (
        gathered(CONTAINMENT, inside),
        replace(gathered(STEADY_VIEW, alike), user=alone),
        gathered(REFUSALS, telling),
        _fact(PROLOGUE_FACT, whole[prologue]),
        _fact(FETCH_FACT, whole[fetch]),
        _fact(TRAP_ENTRY, whole[trap_entry]),
        gathered(ASSUMPTIONS, believed | {f.name: f.keeps for f in findings}),
        _fact(TIMER, whole[timer]),
    )


def _outcomes(answer: Any) -> list[Outcome]:
    return [undecided(UNPROVED, answer.reason)] if isinstance(answer, Lost) else answer


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
    yield from (finding.contained.holds, finding.steady.holds, finding.silent.holds, finding.keeps.holds)
