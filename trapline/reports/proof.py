"""What was proved of the monitor, or tried on numbers, for people and for programs. docs/theory.md tells more."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from proofs.obligations.deciding import Outcome
from proofs.obligations.sampling import Trial
from proofs.obligations.statements import owed
from proofs.terms.solving import Found
from proofs.verdict.proving import Proof
from trapline.output import console, show

if TYPE_CHECKING:
    from monitor.core import Core

MOST_SHOWN = 5  # obligations that are told one by one
DEPTH = (
    "Proved is one step of one virtual machine on any machine below that steps as its description says. That every run "
    "at every depth is right then is proved in Coq, from these very obligations: docs/mechanised.md."
)
OUTSIDE = (
    "The monitor of these theorems stands outside of the machine and sees the state before a trap: what a trap entry "
    "loses is no obligation, but a premise of the theorem, which `verify` checks."
)
INTERPRETED = (
    "Where nothing runs directly, every step is the machine's own by construction. What is left to prove is that it "
    "changes nothing outside of the window, from any state: so any number of steps does not, at any depth."
)
TESTED = "Tested and not proved: scheduling, devices, and the engines' shortcuts and machine code."


# ---- proofs


def show_proof(proof: Proof, seconds: float) -> None:
    """The table of theorems, what is open or refuted, what is assumed, and the sum."""
    from rich.table import Table

    out = console()
    technique = proof.technique
    out.print(f"The monitor on {proof.isa.name}, for every state and every legal allocation")
    out.print(f"{technique.name}: {technique.summary}\n")
    table = Table("theorem", "cases", "proved", "seconds", "what it says", box=None, pad_edge=False)
    for theorem, says in proof.theorems.items():
        found = proof.of(theorem)
        proved = sum(outcome.proved for outcome in found)
        table.add_row(theorem, str(len(found)), str(proved), f"{sum(o.seconds for o in found):.1f}", says)
    show(table)
    sections = [
        list(_failures(proof)),
        _never(proof),
        _unclaimed(proof),
        _taken_out(proof),
        ["assumed", *(f"  {a}" for a in proof.assumptions)],
    ]
    meaning = [[INTERPRETED]] if proof.interprets else [[DEPTH], [OUTSIDE]]
    for lines in (*sections, *meaning, [TESTED], [_sum(proof, seconds)]):
        if lines:
            out.print("\n" + "\n".join(lines))


def _failures(proof: Proof) -> Iterator[str]:
    failed = [o for o in proof.outcomes if not o.proved]
    if failed:
        yield "not proved"
    for outcome in failed[:MOST_SHOWN]:
        yield f"  {outcome.theorem}, {outcome.about}: {_verdict(outcome)}"
        if outcome.shown:
            yield f"    for example with {_values(outcome.shown)}"
    if failed[MOST_SHOWN:]:
        yield f"  and {len(failed) - MOST_SHOWN} more"


def _verdict(outcome: Outcome) -> str:
    """What is wrong with an obligation that is not proved."""
    if outcome.refuted is Found.YES:
        return "REFUTED"
    if Found.UNKNOWN in (outcome.refuted, outcome.given):
        return f"unknown, {outcome.why or 'the solver gave no answer in time'}"
    return "VACUOUS, no state satisfies its hypotheses" if not outcome.vacuous else "not as vacuous as it should be"


def _values(shown: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{name} = {value}" if value else name for name, value in shown)


def _never(proof: Proof) -> list[str]:
    names = [outcome.about for outcome in proof.of("direct") if outcome.vacuous]
    return [f"never run directly, so that direct, frame and audit say nothing of them: {' '.join(names)}"] * bool(names)


def _unclaimed(proof: Proof) -> list[str]:
    names = sorted(proof.scope.unclaimed)
    said = "sensitive by the letter, and trap whatever the monitor loads, so that efficiency is not claimed of them"
    return [f"{said}: {' '.join(names)}"] * bool(names)


def _taken_out(proof: Proof) -> list[str]:
    names = proof.scope.without
    said = "taken out of the guest and interpreted, so that nothing is asked of them as direct steps"
    return [f"{said}: {' '.join(names)}"] * bool(names)


def _sum(proof: Proof, seconds: float) -> str:
    proved, refuted, unknown = _counts(proof.outcomes)
    whole = "The monitor is right for this machine." if proof.holds else "The monitor is NOT proved right."
    return f"{proved} of {len(proof.outcomes)} proved, {refuted} refuted, {unknown} unknown; {seconds:.1f} s. {whole}"


def _counts(outcomes: Iterable[Outcome]) -> tuple[int, int, int]:
    """How many are proved, refuted and unknown. One that is vacuous and should not be counts as refuted."""
    found = list(outcomes)
    proved = sum(o.proved for o in found)
    unknown = sum(Found.UNKNOWN in (o.refuted, o.given) and o.refuted is not Found.YES for o in found)
    return proved, len(found) - proved - unknown, unknown


def proof_facts(proof: Proof) -> dict[str, Any]:
    """The same for JSON: docs/command-line.md lists the keys."""
    return {
        "machine": proof.isa.name,
        "holds": proof.holds,
        "technique": proof.technique.name,
        "theorems": [_theorem_facts(name, says, proof.of(name)) for name, says in proof.theorems.items()],
        "open": [_outcome_facts(o) for o in proof.outcomes if not o.proved],
        "assumptions": proof.assumptions,
        "tested_not_proved": TESTED,
        "premise": OUTSIDE,
        "efficiency_not_claimed": sorted(proof.scope.unclaimed),
        "taken_out": list(proof.scope.without),
    }


def _theorem_facts(name: str, says: str, outcomes: list[Outcome]) -> dict[str, Any]:
    proved, refuted, unknown = _counts(outcomes)
    return {
        "name": name,
        "says": says,
        "obligations": len(outcomes),
        "proved": proved,
        "refuted": refuted,
        "unknown": unknown,
        "vacuous": [o.about for o in outcomes if o.vacuous],
        "seconds": round(sum(o.seconds for o in outcomes), 3),
    }


def _outcome_facts(outcome: Outcome) -> dict[str, Any]:
    return {
        "theorem": outcome.theorem,
        "about": outcome.about,
        "verdict": _verdict(outcome).lower(),
        "counterexample": dict(outcome.shown),
    }


# ---- random tests


def show_trials(core: "Core", trials: list[Trial], seed: int, seconds: float) -> None:
    from rich.table import Table

    out = console()
    name, technique = core.isa.name, core.technique
    out.print(f"The monitor on {name}, tried on random states with seed {seed}: nothing is proved")
    out.print(f"{technique.name}: {technique.summary}\n")
    table = Table("theorem", "cases", "states", "that count", "refuted", "what it says", box=None, pad_edge=False)
    for theorem, says in owed(core.direct).items():
        found = [t for t in trials if t.theorem == theorem]
        states, met = sum(t.drawn for t in found if not t.vacuous), sum(t.met for t in found)
        table.add_row(theorem, str(len(found)), f"{states:,}", f"{met:,}", str(sum(t.refuted for t in found)), says)
    show(table)
    lines = list(_troubles(trials))
    refuted = sum(t.refuted for t in trials)
    lines.append(f"{refuted or 'none'} of {len(trials)} refuted; {seconds:.1f} s")
    out.print("\n" + "\n".join(lines))


def _troubles(trials: list[Trial]) -> Iterator[str]:
    refuted = [t for t in trials if t.refuted]
    for trial in refuted[:MOST_SHOWN]:
        yield f"REFUTED: {trial.theorem}, {trial.about}, with {_values(trial.shown)}{': ' * bool(trial.why)}{trial.why}"
    if refuted[MOST_SHOWN:]:
        yield f"and {len(refuted) - MOST_SHOWN} more"
    for trial in (t for t in trials if not t.exercised):
        yield f"NOT TRIED: {trial.theorem}, {trial.about}: {trial.why or 'no state satisfied its hypotheses'}"


def trial_facts(core: "Core", trials: list[Trial], seed: int) -> dict[str, Any]:
    return {
        "machine": core.isa.name,
        "technique": core.technique.name,
        "seed": seed,
        "refuted": [
            {"theorem": t.theorem, "about": t.about, "counterexample": dict(t.shown)} for t in trials if t.refuted
        ],
        "not_tried": [{"theorem": t.theorem, "about": t.about} for t in trials if not t.exercised],
        "theorems": [
            {
                "name": name,
                "says": says,
                "obligations": sum(t.theorem == name for t in trials),
                "states": sum(t.drawn for t in trials if t.theorem == name),
                "satisfied": sum(t.met for t in trials if t.theorem == name),
            }
            for name, says in owed(core.direct).items()
        ],
    }
