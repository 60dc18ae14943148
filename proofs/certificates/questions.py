"""The questions behind a verdict, written down while they are asked, and answered from what was written.

A verdict is put together from *parts*, the jobs of `proofs.verdict.verification`. `recorded` runs one and keeps what it asked,
each question once and in order; `recalled` runs it again with given answers in place of a solver, and stops at the
first question that is not the one which was written. So a verdict follows from its answers by the code that made it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import z3

from isa.errors import TraplineError
from proofs.certificates.scripts import digest, script
from proofs.terms.solving import Answer, Found, answering, subject
from proofs.terms.symbolic import Term
from proofs.terms.workers import Job

SAT = {Found.YES: "sat", Found.NO: "unsat", Found.UNKNOWN: "unknown"}
WHOLE = "whole"  # what a question is called that nobody has named

# What `sat` says, by the innermost name that whoever asks gave the question.
MEANINGS = {
    "seen": "a pair of states, alike but for the mode, memory-traps in neither",
    "privileged": "in such a pair it does not trap in user mode, or traps in supervisor mode too",
    "irregular": "it traps in a mode, and does not in a lower one",
    "partly": "in some such pair it traps in user mode alone",
    "changes": "it changes what is asked about: mode and relocation, a resource, or a place that a trap must keep",
    "resource": "its result depends on a resource",
    "location": "a program that is moved gets another result from it",
    "mode": "its result depends on the mode",
    "extent": "its result depends on the bound or on the size of storage",
    "containment": "in user mode it writes outside the window, or depends on a word there",
    "steady view": "one mode is refused an access that the other is not, or they reach different places",
    "refusals": "which accesses are refused depends on more than address, relocation and size",
    "assumptions": "it leads from a state in which the assumptions hold to one in which they do not",
    "together": "the assumptions can all hold in this mode",
    "lost": "two states that differ in it look the same after a trap",
    "due": "a tick that was due is due no longer",
    "every step": "a step that does nothing but its prologue goes wrong when it runs directly",
    "runs": "there is a state of a virtual machine from which it runs directly",
    "anything wrong": "run directly it does something else than bare, or reaches what is not the guest's",
    "equivalence": "run directly it does something else than bare",
    "resource control": "run directly it reaches what is not the guest's",
    "exhibit": "run directly it goes wrong; asked for a state to tell of",
    "refuted": "the obligation of our monitor is broken",
    "given": "its hypotheses can hold, so that it says something",
    WHOLE: "there is such a state",
}


class Mismatch(TraplineError):
    """What is asked now is not what was written down."""


@dataclass(frozen=True)
class Question:
    """One question of a part: what it asks, its script, and its answer."""

    asks: str
    script: str
    answer: Found

    @cached_property
    def digest(self) -> str:
        return digest(self.script)

    @property
    def means(self) -> str:
        return MEANINGS.get(self.asks.rpartition(": ")[2], MEANINGS[WHOLE])


@dataclass(frozen=True)
class Claim:
    """A question as it was written down: of its script, the digest."""

    asks: str
    digest: str
    answer: Found


@dataclass(frozen=True)
class Part:
    """The result of a job, and what it asked."""

    result: Any
    questions: tuple[Question, ...]


def recorded(job: Job) -> Callable[[], Part]:
    """The job, returning with its result what it asked. A question that comes twice has one answer."""

    def run() -> Part:
        heard: dict[str, tuple[Question, Answer]] = {}

        def hear(told: list[Term], solve: Callable[[], Answer]) -> Answer:
            if any(z3.is_false(c) for c in told):
                return Answer(Found.NO)
            text = script(told)
            if text not in heard:
                answer = solve()
                heard[text] = Question(_name(), text, answer.found), answer
            return heard[text][1]

        with answering(hear):
            result = job()
        return Part(result, tuple(question for question, _ in heard.values()))

    return run


def recalled(about: str, job: Job, claims: Sequence[Claim]) -> Callable[[], Part | str]:
    """The job with the answers that are claimed; or what differs between its questions and those of the claims."""

    def run() -> Part | str:
        asked: dict[str, Question] = {}

        def recall(told: list[Term], solve: Callable[[], Answer]) -> Answer:
            if any(z3.is_false(c) for c in told):
                return Answer(Found.NO)
            text = script(told)
            if text not in asked:
                asked[text] = _claimed(about, Question(_name(), text, Found.UNKNOWN), claims[len(asked) :])
            return Answer(asked[text].answer)

        try:
            with answering(recall):
                result = job()
        except Mismatch as differs:
            return differs.message
        for claim in claims[len(asked) :]:
            return f"{about}: the question `{claim.asks}` ({claim.digest[:12]}) is not asked"
        return Part(result, tuple(asked.values()))

    return run


def _claimed(about: str, asked: Question, claims: Sequence[Claim]) -> Question:
    """The question with the answer that the next claim gives it."""
    if not claims:
        raise Mismatch(f"{about}: the question `{asked.asks}` ({asked.digest[:12]}) is asked, and is not in the list")
    claim = claims[0]
    if (claim.digest, claim.asks) != (asked.digest, asked.asks):
        said = f"the list has `{claim.asks}` ({claim.digest[:12]}) where `{asked.asks}` ({asked.digest[:12]}) is asked"
        raise Mismatch(f"{about}: {said}")
    return Question(asked.asks, asked.script, claim.answer)


def _name() -> str:
    return ": ".join(subject()) or WHOLE


# ---- files


def exported(machine: str, parts: dict[str, Sequence[Question]]) -> Iterator[tuple[str, str]]:
    """Every question once, as a file for any solver, with the file's name. The first five lines say what it is; what
    two parts ask alike is told of the first."""
    distinct: dict[str, tuple[str, Question]] = {}
    for about, questions in parts.items():
        for question in questions:
            distinct.setdefault(question.script, (about, question))
    for number, (about, question) in enumerate(distinct.values()):
        name = "-".join("".join(c if c.isalnum() else " " for c in f"{about} {question.asks}").split())
        yield f"{number:04}-{name[:100]}.smt2", _headed(machine, about, question)


def _headed(machine: str, about: str, question: Question) -> str:
    head = [
        f"; {machine}, {about}: {question.asks}",
        f"; sat means: {question.means}",
        "; unsat means that this is so in no state",
        f"; sha256 of what follows the next line: {question.digest}",
        f"(set-info :status {SAT[question.answer]})",
    ]
    return "\n".join([*head, question.script])
