"""Is this machine virtualizable? Everything that is asked of it, in workers, and the answers put together.

`verify` is what `trapline verify` shows. Everything that is asked of an instruction is one job, and so is each fact
about the machine; what a job could not answer stays unknown and is never taken for an answer. What the answers mean is
in `proofs.verdict.theorems`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from isa.description import Isa
from isa.errors import MachineError
from isa.machine.time import time_of
from monitor.core import Core
from monitor.monitor import core_of as admitted
from monitor.techniques import HYBRID, TRAP, Technique
from proofs.definitions.access import Check, contained, silent, steady
from proofs.definitions.assumptions import assumed, keeps
from proofs.definitions.classification import Classifier, Sensitivity, Subject, Verdict, subjects
from proofs.definitions.dependence import NONE
from proofs.definitions.exact import Exact, exact, fetched, idle_step
from proofs.definitions.machine_facts import (
    ASSUMPTIONS,
    CONTAINMENT,
    FETCH_FACT,
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
from proofs.terms.solving import Found
from proofs.terms.workers import Job, Limits, Lost, Progress, answers, no_progress
from proofs.verdict.exhibits import exhibit, fetch_exhibit
from proofs.verdict.theorems import Finding, Refusal, Verification

TIMEOUT = 120.0  # seconds for a machine
QUESTION = 20.0  # seconds for one question, at most
UNPROVED = "(map, time, nesting)"  # stands for obligations that did not come back


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
    shown = exhibit(core, what, timeout) if core and answer and answer.fails is Found.YES else NONE
    inside, alike, told = (check(what, timeout) for check in (contained, steady, silent))
    return Finding(verdict, answer, inside, alike, told, keeps(what, timeout), shown)


# ---- what is part of every step, and of the machine


def prologue(isa: Isa, timeout: float) -> Fact:
    """The exact question about a step that does nothing but its prologue."""
    core = core_of(isa)
    if core is None:
        return Fact(PROLOGUE_FACT, Found.UNKNOWN, (), "it cannot be asked of a machine that has no map")
    answer = exact(core, idle_step(isa), timeout)
    shown = exhibit(core, idle_step(isa), timeout) if answer.fails is Found.YES else NONE
    return exact_fact(PROLOGUE_FACT, answer, shown)


def fetch(isa: Isa, timeout: float) -> Fact:
    core = core_of(isa)
    if core is None:
        return Fact(FETCH_FACT, Found.UNKNOWN, (), "it cannot be asked of a machine that has no map")
    answer = fetched(core, timeout)
    return exact_fact(FETCH_FACT, answer, fetch_exhibit(core, timeout) if answer.fails is Found.YES else NONE)


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
    """Why our monitors refuse a machine: the one that traps and emulates, and the hybrid one."""
    return Refusal(refused_by(TRAP, isa), refused_by(HYBRID, isa))


def refused_by(technique: Technique, isa: Isa) -> str:
    """Why a monitor of this technique does not take a machine; empty if it does."""
    try:
        admitted(isa, technique)
    except MachineError as error:
        return error.message
    return ""


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
