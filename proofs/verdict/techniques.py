"""Which techniques of virtualization are right on a machine, and why: read off a verdict, no question is asked for it.

Trap-and-emulate is right where Theorem 1 holds, a hybrid monitor where Theorem 3 does (`conditions`), and interpreting
everything always is. A culprit that never runs does no harm; so two techniques more take culprits out of the guest, and
are right under assumptions that no theorem needs: `patch` puts a word in their places that traps, `paravirtual` has the
guest written anew. docs/monitors.md tells of each. What is wrong, a guest shows (`proofs.witness`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from isa.description import Instruction
from isa.encoding import spare_words
from isa.ir.fold import either
from isa.ir.nodes import TRUE
from monitor.techniques import TECHNIQUES
from proofs.definitions.classification import UNASSIGNED
from proofs.terms.solving import Found, both
from proofs.verdict.conditions import ALWAYS, IN_USER_MODE, Condition
from proofs.verdict.theorems import Verification

TRAP, HYBRID, INTERPRET, PATCH, PARAVIRTUAL = "trap", "hybrid", "interpret", "patch", "paravirtual"
FROM_SOURCE = "it is assembled from a source in which nothing but calls stands for the culprits"
NO_OTHER = "it runs nothing but the instructions of that source: none is made or loaded"


@dataclass(frozen=True)
class Judgement:
    """Whether a technique is right, and `why`, in words. `culprits` are what stands against it or what it takes out of
    the guest, and `instead` is what it puts in their places; `assumes` is what a guest must keep to."""

    technique: str
    right: Found
    why: str
    culprits: tuple[str, ...] = ()
    instead: str = ""
    assumes: tuple[str, ...] = ()


def judged(v: Verification) -> tuple[Judgement, ...]:
    """Every technique, those first that ask least of a guest."""
    return (_by_theorem(v, TRAP, ALWAYS), _by_theorem(v, HYBRID, IN_USER_MODE), _interpreted(), *_taken_out(v))


def judgement(v: Verification, technique: str) -> Judgement:
    return next(j for j in judged(v) if j.technique == technique)


def _by_theorem(v: Verification, technique: str, condition: Condition) -> Judgement:
    right = condition.holds(v)
    if right is Found.YES:
        return Judgement(technique, right, f"{condition.theorem} holds")
    said = "fails" if right is Found.NO else "stayed open"
    why = f"{condition.theorem} {said}: {'; '.join(condition.against(v))}"
    return Judgement(technique, right, why, condition.culprits(v))


def _interpreted() -> Judgement:
    return Judgement(INTERPRET, Found.YES, "every step is the machine's own, and none runs directly")


# ---- without culprits


def _taken_out(v: Verification) -> Iterator[Judgement]:
    """What is left of a machine without its culprits satisfies Theorem 1 if its premises hold, and our monitor's own
    obligations; then all that is needed is something to stand for them."""
    culprits = ALWAYS.culprits(v)
    if not culprits:
        for technique in (PATCH, PARAVIRTUAL):
            found = _by_theorem(v, technique, ALWAYS)
            yield replace(found, why=f"there is no culprit to take out, and {found.why}")
        return
    yield _with(v, PATCH, culprits, _trapping_word(v), TECHNIQUES[PATCH].assumes)
    yield _with(v, PARAVIRTUAL, culprits, _hypercall(v), (FROM_SOURCE, NO_OTHER))


def _with(
    v: Verification, technique: str, culprits: tuple[str, ...], instead: tuple[Found, str], assumes: tuple[str, ...]
) -> Judgement:
    found, what = instead
    rest = v.without_culprits
    right = both(rest, found)
    if right is Found.YES:
        why = f"{_all_of(culprits)} gives way to {what}, and all else satisfies Theorem 1"
        return Judgement(technique, right, why, culprits, what, assumes)
    against = [what] if found is not Found.YES else []
    if rest is not Found.YES:
        against += [*ALWAYS.premises(v), *ALWAYS.of_ours(v)] or ["our monitor's obligations are not proved"]
    return Judgement(technique, right, "; ".join(against), culprits)


def _all_of(culprits: tuple[str, ...]) -> str:
    return f"`{culprits[0]}`" if len(culprits) == 1 else f"each of {len(culprits)} culprits"


def _trapping_word(v: Verification) -> tuple[Found, str]:
    """A word that is no instruction and traps, whatever the state, in the mode in which guests run."""
    word = next(spare_words(v.isa), None)
    exact = v.finding(UNASSIGNED).exact
    if word is None:
        return Found.NO, "every word is an instruction, and none is left that would trap"
    if exact is None or exact.runs is Found.UNKNOWN:
        return Found.UNKNOWN, "whether words trap that are no instruction stayed open"
    if exact.runs is Found.YES:
        return Found.NO, "words that are no instruction do not always trap, so none can stand for a culprit"
    return Found.YES, f"a word that is no instruction ({word:#x}), which traps"


def _hypercall(v: Verification) -> tuple[Found, str]:
    """An instruction that traps in both modes: the one with most room for a number."""
    calls = [i for i in v.isa.instructions.values() if always_traps(i)]
    if not calls:
        return Found.NO, "no instruction traps in both modes, so a guest cannot call"
    return Found.YES, f"`{max(calls, key=room).name}`, which traps in both modes"


def always_traps(instruction: Instruction) -> bool:
    """Whether an instruction does nothing but trap, from every state."""
    return either(*(trap.guard for trap in instruction.behaviour.traps)) is TRUE


def room(instruction: Instruction) -> int:
    """How many bits its operands have."""
    return sum(piece.width for use in instruction.uses for piece in use.pieces)
