"""What was proved of a monitor in assembly, for people and for programs. docs/monitors-in-assembly.md tells more."""

from collections.abc import Iterator
from typing import Any

from proofs.programs.claims import Claim, Small, Tied, worded
from proofs.programs.proving import Failure, Outcome, Proof
from proofs.programs.telling import Shown
from proofs.terms.solving import Found
from trapline.output import console, show

MOST_SHOWN = 4  # failures that are told one by one
AWAY = "what follows there brings some guest back to `leave`, its block complete and its window as it was"
DEVICES = (
    "come back to their caller with the registers that they must keep; of the guest they change pending bits and words "
    "of its window, and of the monitor's own words none that is relied on here; and no guest is lent steps beyond the "
    "one at which a device of its acts next"
)
RESTS = (
    "Theorem 1 holds for the machine and the map is right (`trapline prove` shows both): a direct run is then the "
    "guest's own, from its entry to the exit from which each of these paths begins"
)
PROMISE = "the window lies beyond the monitor's own words, in the storage, and covers the words of a trap"
BOOT = "the first entry satisfies what every entry does, and no code but that of these paths changes constant words"


def show_monitor_proof(proof: Proof, name: str, seconds: float) -> None:
    """The table of exits, what is open or refuted, what is supposed, and the sum."""
    from rich.table import Table

    out = console()
    out.print(f"The monitor {name} on {proof.monitor.isa.name}, for every state of every guest\n")
    table = Table("exit", "paths", "steps", "questions", "seconds", "", "ends at", box=None, pad_edge=False)
    for o in proof.outcomes:
        numbers = (str(o.paths), str(o.steps), str(o.asked), f"{o.seconds:.1f}")
        table.add_row(o.name, *numbers, _verdict(o), ", ".join(dict.fromkeys(o.ends)))
    show(table)
    for lines in ([*_failures(proof)], [*_supposed(proof)], [_sum(proof, seconds)]):
        if lines:
            out.print("\n" + "\n".join(lines))


def _verdict(outcome: Outcome) -> str:
    return "proved" if outcome.proved else "unknown" if outcome.open else "REFUTED"


def _failures(proof: Proof) -> Iterator[str]:
    for name in proof.meddling:
        yield f"`{name}` looks at or sets a resource and runs directly: the direct run is not the guest's own"
    for outcome in (o for o in proof.outcomes if not o.proved):
        yield f"{outcome.name}: {_verdict(outcome)}"
        for failure in outcome.failures[:MOST_SHOWN]:
            yield from _failure(failure)
        if more := outcome.failures[MOST_SHOWN:]:
            yield f"  and {len(more)} more"


def _failure(failure: Failure) -> Iterator[str]:
    doubt = "" if failure.found is Found.YES else " (the solver gave no answer in time)"
    yield f"  {failure.what}{doubt}"
    if failure.line:
        yield f"    at {failure.line}"
    if failure.shown is not None:
        yield from _shown(failure.shown)


def _shown(shown: Shown) -> Iterator[str]:
    state = ", ".join(f"{name} = {value}" for name, value in shown.state)
    yield f"    for example with {state}"
    if shown.instruction:
        yield f"    executing {shown.instruction}"
    if shown.should:
        yield f"    it should be {shown.should}, and is {shown.found}"


def _supposed(proof: Proof) -> Iterator[str]:
    yield "rests on"
    yield f"  {RESTS}"
    yield f"  {PROMISE}"
    yield f"  {BOOT}"
    if proof.monitor.away:
        yield f"  at {_list(proof.monitor.away.values())}: {AWAY}"
    if proof.monitor.devices:
        yield f"  {_list(proof.monitor.devices.values())}, of devices, {DEVICES}"
    yield "kept, and found with the proof: wherever a guest is entered,"
    yield from (f"  {text}" for text in _claims(proof))


def _claims(proof: Proof) -> list[str]:
    return [worded(claim, _place(proof, claim)) for claim in sorted(proof.claims, key=str)]


def _place(proof: Proof, claim: Claim) -> str:
    """The name of a claim's own word."""
    if not isinstance(claim, Small | Tied):
        return ""
    image, monitor = proof.monitor.image, proof.monitor
    fields = {monitor.vm + image.symbols[n]: n for n in image.constants if n.startswith("VM_")}
    return image.labels.get(claim.address) or fields.get(claim.address) or f"the word at {claim.address}"


def _list(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _sum(proof: Proof, seconds: float) -> str:
    proved = sum(o.proved for o in proof.outcomes)
    unknown = sum(o.open for o in proof.outcomes)
    refuted = len(proof.outcomes) - proved - unknown
    paths, steps = sum(o.paths for o in proof.outcomes), max((o.steps for o in proof.outcomes), default=0)
    right = "The monitor is right." if proof.whole else "These exits are right."
    whole = right if proof.holds else "The monitor is NOT proved right."
    counts = f"{proved} of {len(proof.outcomes)} exits proved, {refuted} refuted, {unknown} unknown"
    return f"{counts}; {paths} paths, none longer than {steps} steps; {seconds:.1f} s. {whole}"


def monitor_proof_facts(proof: Proof, name: str) -> dict[str, Any]:
    """The same for JSON: docs/command-line.md lists the keys."""
    return {
        "monitor": name,
        "machine": proof.monitor.isa.name,
        "holds": proof.holds,
        "whole": proof.whole,
        "exits": [_outcome_facts(o) for o in proof.outcomes],
        "meddling": list(proof.meddling),
        "away": sorted(proof.monitor.away.values()),
        "devices": sorted(proof.monitor.devices.values()),
        "claims": _claims(proof),
        "assumptions": [RESTS, PROMISE, BOOT],
    }


def _outcome_facts(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.name,
        "verdict": _verdict(outcome).lower(),
        "paths": outcome.paths,
        "steps": outcome.steps,
        "questions": outcome.asked,
        "seconds": round(outcome.seconds, 3),
        "ends": list(outcome.ends),
        "failures": [_failure_facts(f) for f in outcome.failures],
    }


def _failure_facts(failure: Failure) -> dict[str, Any]:
    told = failure.shown
    return {
        "what": failure.what,
        "line": failure.line,
        "known": failure.found is Found.YES,
        "state": dict(told.state) if told else {},
        "instruction": told.instruction if told else "",
        "should": told.should if told else "",
        "found": told.found if told else "",
    }
