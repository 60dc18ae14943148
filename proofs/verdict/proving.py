"""The monitor, proved: runs the obligations of a machine, in workers, and sums them up by theorem.

A machine on which the monitor's technique is not right is refused with the reason (`required`), since for it the
theorem "direct" is false. A timeout or an unknown is a failure. An obligation whose hypotheses no state satisfies would
say nothing; that is checked for each.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import z3

from isa.description import Isa
from isa.errors import MachineError, TraplineError
from isa.ir.nodes import FALSE
from isa.machine import least_storage
from isa.machine.time import Time, time_of
from monitor.core import Core
from monitor.monitor import core_of
from monitor.techniques import TRAP, Technique
from proofs.obligations.deciding import Outcome, decided, undecided
from proofs.obligations.statements import INTERPRETED, SENTENCES, Obligation, obligations, owed, topics
from proofs.terms.solving import LOGIC, Found
from proofs.terms.workers import Limits, Lost, Progress, answers, no_progress
from proofs.verdict.conditions import Condition, condition_of
from proofs.verdict.techniques import Judgement, judged, judgement
from proofs.verdict.theorems import Verification
from proofs.verdict.verification import verify

TIMEOUT = 300.0  # seconds for a machine
QUESTION = 60.0  # seconds for one question, at most
EFFICIENCY = "efficiency"


class Refused(TraplineError):
    """The technique is not right on the machine, so that the theorem "direct" is false for it."""

    exit_code = 1


class Undecided(TraplineError):
    """Whether the technique is right on the machine stayed open."""

    exit_code = 4


@dataclass(frozen=True)
class Scope:
    """What a proof is about. Efficiency is a property of innocuous instructions, and not claimed of culprits by the
    paper's letter that always trap all the same (`unclaimed`). What a technique takes out of its guests (`without`) is
    never run directly, and is only interpreted, if what it `assumes` of them is so."""

    unclaimed: frozenset[str] = frozenset()
    without: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()

    def of(self, found: Iterable[Obligation]) -> Iterator[Obligation]:
        """What is owed within it. Of an instruction that always traps under a monitor, and only there, the rest may be
        vacuous."""
        for obligation in found:
            if obligation.about in self.without and obligation.theorem not in INTERPRETED:
                continue
            if obligation.about not in self.unclaimed:
                yield obligation
            elif obligation.theorem != EFFICIENCY:
                yield replace(obligation, vacuous=None)


EVERYTHING = Scope()


@dataclass(frozen=True)
class Proof:
    """What was proved of the monitor of a technique for one machine."""

    isa: Isa
    technique: Technique
    outcomes: tuple[Outcome, ...]
    scope: Scope = EVERYTHING

    @property
    def interprets(self) -> bool:
        """Whether nothing runs directly."""
        return self.technique.direct(self.isa) is FALSE

    @property
    def theorems(self) -> dict[str, str]:
        return owed(self.technique.direct(self.isa))

    @property
    def holds(self) -> bool:
        return all(outcome.proved for outcome in self.outcomes)

    @property
    def unknown(self) -> bool:
        """Whether anything stayed undecided."""
        return any(o.open for o in self.outcomes)

    def of(self, theorem: str) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.theorem == theorem]

    @property
    def assumptions(self) -> list[str]:
        """What the theorems assume; the first three are checked when a virtual machine is made."""
        least = least_storage(self.isa)
        direct = ["the machine below has no devices of its own", "a direct run takes fewer than 2^64 steps"]
        return [
            "the allocation lies in the real storage: offset <= q and size <= q - offset",
            f"the virtual machine has at least {least} words, so that its trap entry stays inside",
            *([] if self.interprets else direct),
            *(a.text or "a standing condition of the description" for a in self.isa.assumptions),
            *(f"of the guest: {a}" for a in self.scope.assumes),
        ]


def required(
    isa: Isa, timeout: float, workers: int = 2, progress: Progress = no_progress, technique: Technique = TRAP
) -> Scope:
    """What can be proved, where the technique is right. Raises Refused if `verify` calls it wrong, with what stands
    against it, and Undecided if that stayed open."""
    condition = condition_of(technique, isa)
    if condition is None:
        return Scope()
    found = verify(isa, timeout, workers, progress)
    right = judgement(found, technique.name)
    if right.right is Found.NO:
        raise _refused(found, condition, right)
    if right.right is Found.UNKNOWN:
        refused = condition.refused(found)
        reasons = "\n  ".join(["", *([refused] if refused else []), *found.unknown])
        said = f"whether {technique.name} is right on {isa.name} stayed open{reasons}"
        raise Undecided(said, "give it a longer --timeout")
    without = right.culprits
    always = (f.name for f in found.findings if f.name not in without and condition.letter(f) is Found.NO)
    return Scope(frozenset(always), without, right.assumes)


def _refused(found: Verification, condition: Condition, wrong: Judgement) -> Refused:
    culprits = (f"{name}: {found.finding(name).reason}" for name in condition.culprits(found))
    broken = (f"{f.name} fails: {f.detail}" for f in condition.broken(found))
    reasons = "\n  ".join(["", *culprits, *broken])
    name = found.isa.name
    right = [j.technique for j in judged(found) if j.right is Found.YES]
    return Refused(
        f"{wrong.technique} is not right on {name}: {wrong.why}{reasons}",
        f"right on it: {', '.join(right)}; `trapline verify {name}` tells more, and --sample looks for states in which "
        "the monitor goes wrong",
    )


def require_admitted(isa: Isa, timeout: float, technique: Technique = TRAP) -> None:
    """Raises MachineError, with the reason, if the monitor does not take the machine, and Undecided if that took too
    long; what may take long is done in a worker."""
    (found,) = answers([partial(_refusal, isa, technique)], Limits(timeout, timeout, 1))
    if isinstance(found, Lost):
        said = f"whether the monitor takes {isa.name} stayed open: {found.reason}"
        raise Undecided(said, "give it a longer --timeout")
    if found is not None:
        raise MachineError(*found)


def _refusal(isa: Isa, technique: Technique) -> tuple[str, str] | None:
    try:
        core_of(isa, technique)
    except MachineError as error:
        return error.message, error.help
    return None


def prove(
    isa: Isa,
    timeout: float = TIMEOUT,
    workers: int = 2,
    progress: Progress = no_progress,
    core: Core | None = None,
    time: Time | None = None,
    scope: Scope = EVERYTHING,
    technique: Technique = TRAP,
) -> Proof:
    """Decide every obligation, within `timeout` seconds in all. `progress` is told how many topics are done, and how
    many there are. `scope` is what `required` gives.

    `core` and `time` stand in for the shipping ones when mutants are tried. Raises as `require_admitted`.
    """
    if core is None:
        require_admitted(isa, timeout, technique)
        core = Core(isa, technique)
    law, subject, names = time or time_of(isa), core, topics(isa)
    question = min(QUESTION, timeout)

    def job(topic: str) -> Callable[[], list[Outcome]]:
        return lambda: [decided(o, question) for o in scope.of(obligations(subject, law, topic))]

    found = answers([job(name) for name in names], Limits(timeout, timeout, workers), progress)
    pairs = zip(names, found, strict=True)
    outcomes = ([undecided(n, result.reason)] if isinstance(result, Lost) else result for n, result in pairs)
    return Proof(isa, subject.technique, tuple(outcome for group in outcomes for outcome in group), scope)


def certificates(isa: Isa, scope: Scope = EVERYTHING, technique: Technique = TRAP) -> Iterator[tuple[str, str]]:
    """Every obligation as SMT-LIB 2 text, with a file name. `unsat` is the proof."""
    core, law = Core(isa, technique), time_of(isa)
    everything = (o for topic in topics(isa) for o in obligations(core, law, topic))
    for number, obligation in enumerate(scope.of(everything)):
        yield _file_name(number, obligation), smtlib(obligation)


def smtlib(obligation: Obligation) -> str:
    """One obligation as a script for any solver."""
    solver = z3.Solver()
    solver.add(*obligation.hypotheses, obligation.refuted)
    head = f"; {obligation.theorem}: {SENTENCES[obligation.theorem]}\n; about {obligation.about}; unsat is the proof\n"
    return f"{head}(set-logic {LOGIC})\n{solver.to_smt2()}"


def export(isa: Isa, folder: Path, scope: Scope = EVERYTHING, technique: Technique = TRAP) -> int:
    """Write all certificates into a folder, which is made if need be; returns how many. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, text in certificates(isa, scope, technique):
        (folder / name).write_text(text)
        count += 1
    return count


def _file_name(number: int, obligation: Obligation) -> str:
    plain = "".join(c if c.isalnum() else "-" for c in obligation.about).strip("-")
    return f"{number:04}-{obligation.theorem}-{plain}.smt2"
