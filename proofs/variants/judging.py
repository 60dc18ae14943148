"""The property: whatever `verify` calls right is proved and runs alike, whatever it calls wrong has a witness or a
reason why there is none; and a hybrid monitor is right where it says so. `judged` says of one variant which of these it
is, or how the property fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from isa.description import Isa
from monitor.core import Core
from monitor.techniques import HYBRID, TRAP, Technique
from proofs.definitions.classification import subjects
from proofs.terms.solving import Found
from proofs.variants.drawing import Variant
from proofs.variants.premises import broken_assumption, lost_by_trap
from proofs.variants.replay import replays
from proofs.variants.states import parted
from proofs.verdict.conditions import ALWAYS, IN_USER_MODE, Condition
from proofs.verdict.proving import Scope, prove
from proofs.verdict.verification import refused_by, verify

VERIFY, PROVE, REPLAY = 20.0, 3.0, 5.0  # seconds: for a verdict, for an obligation, for a counterexample


class Outcome(Enum):
    """What a variant came to; its value is the line of the summary. Those with `fails` break the property."""

    PROVED = "right: proved, and runs alike"
    ALIKE = "right: runs alike, parts of the proof stayed open"
    PARTED = "wrong: runs from a random state differ"
    REPLAYED = "wrong: the solver's state was run and differs"
    TRIED = "wrong: a premise fails, seen by trying"
    PREMISE = "wrong: a premise fails that no run shows"
    REFUSED = "wrong: the monitor refuses the machine"
    LETTER = "wrong: by the letter alone"
    OPEN = "open"
    DIFFERS = "FAILS: called right, and runs differ"
    REFUTED = "FAILS: called right, and refuted by `prove`"
    TURNED_AWAY = "FAILS: called right, and refused by the monitor"
    LOSES = "FAILS: called right, and a premise fails"
    HYBRID = "FAILS: called right for a hybrid monitor, and one of the above"
    UNEXPLAINED = "FAILS: called wrong without a witness or a reason"
    RAISED = "FAILS: an error"

    @property
    def fails(self) -> bool:
        return self.value.startswith("FAILS")


@dataclass(frozen=True)
class Judgement:
    """What came of one variant. `text` is given if the property failed for it."""

    seed: int
    kinds: tuple[str, ...]
    meant: bool
    refused: int
    outcome: Outcome
    why: str = ""
    text: str = ""


Verify = Callable[[Isa, float, int], Any]  # what `verify` is; planted bugs stand in for it


def judged(variant: Variant, ask: Verify = verify) -> Judgement:
    """Ask for the verdict on a variant, and look for whatever speaks against it."""
    try:
        outcome, why = _judged(variant, ask)
    except Exception as error:  # whatever goes wrong on a text that the checker took is a finding
        outcome, why = Outcome.RAISED, f"{type(error).__name__}: {error}"
    text = variant.text if outcome.fails else ""
    return Judgement(variant.seed, variant.kinds, variant.meant, len(variant.refused), outcome, why, text)


def _judged(variant: Variant, ask: Verify) -> tuple[Outcome, str]:
    verdict = ask(variant.isa, VERIFY, 0)
    if verdict.theorem1 is Found.YES:
        return _right(variant, TRAP, _culprits_by_the_letter(verdict, ALWAYS))
    if verdict.theorem3 is Found.YES:
        outcome, why = _right(variant, HYBRID, _culprits_by_the_letter(verdict, IN_USER_MODE))
        if outcome.fails:
            return Outcome.HYBRID, f"{outcome.value}: {why}"
    if verdict.theorem1 is Found.UNKNOWN:
        return Outcome.OPEN, "; ".join(verdict.unknown)
    return _wrong(variant, verdict)


def _culprits_by_the_letter(verdict: Any, condition: Condition) -> frozenset[str]:
    """Of these no efficiency is claimed. A planted verdict may have no findings to tell."""
    known = (f for f in verdict.findings if hasattr(f, "verdict"))
    return frozenset(f.name for f in known if condition.letter(f) is not Found.YES)


def _right(variant: Variant, technique: Technique, unclaimed: frozenset[str]) -> tuple[Outcome, str]:
    isa, seed = variant.isa, variant.seed
    refused = refused_by(technique, isa)
    if refused:
        return Outcome.TURNED_AWAY, refused
    found = parted(isa, seed, variant.focus, technique)
    if found is not None:
        return Outcome.DIFFERS, str(found)
    failed = lost_by_trap(isa, seed) or broken_assumption(isa, seed)
    if failed:
        return Outcome.LOSES, failed
    outcomes = prove(isa, PROVE, 0, core=Core(isa, technique), scope=Scope(unclaimed)).outcomes
    against = [o for o in outcomes if not o.proved and Found.UNKNOWN not in (o.refuted, o.given)]
    if against:
        said = "is refuted" if against[0].refuted is Found.YES else "says nothing"
        return Outcome.REFUTED, "; ".join(f"{o.theorem} of {o.about} {said}" for o in against)
    open_ = [f"{o.theorem} of {o.about}" for o in outcomes if not o.proved]
    return (Outcome.ALIKE, "; ".join(open_)) if open_ else (Outcome.PROVED, "")


def _wrong(variant: Variant, verdict: Any) -> tuple[Outcome, str]:
    isa, seed = variant.isa, variant.seed
    reasons = [f"{c.name}: {c.reason}" for c in verdict.culprits]
    facts = [f"{f.name}: {f.detail}" for f in verdict.facts if f.holds is Found.NO]
    refused = refused_by(TRAP, isa)
    if not refused:
        found = parted(isa, seed, variant.focus)
        if found is not None:
            return Outcome.PARTED, str(found)
    tried = lost_by_trap(isa, seed) or broken_assumption(isa, seed)
    if tried:
        return Outcome.TRIED, tried
    if not refused:
        culprits = tuple(c.name for c in verdict.culprits)
        names = tuple(s.name for s in subjects(isa))
        ordered = (*(n for n in culprits if n in names), *(n for n in names if n not in culprits))
        shown = next((r for r in replays(Core(isa), ordered, REPLAY) if r.what), None)
        if shown is not None:
            return Outcome.REPLAYED, str(shown)
    if refused:
        return Outcome.REFUSED, refused
    if facts:
        return Outcome.PREMISE, "; ".join(facts)
    if all(f.exact is not None and f.exact.fails is Found.NO for f in verdict.findings):
        return Outcome.LETTER, "; ".join(reasons)
    return Outcome.UNEXPLAINED, "; ".join(reasons) or "no culprit is named"
