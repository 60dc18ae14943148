"""The sufficient condition of a theorem, part by part: what it asks of an instruction, of the machine, of our monitor.

Theorem 1 asks it of every state and Theorem 3 of virtual user mode; whoever says what stands against a theorem, or
mends it, does the same for both. `techniques` says what follows for a monitor, `repair` mends.
"""

from collections.abc import Callable
from dataclasses import dataclass

from isa.description import Isa
from isa.ir.nodes import FALSE, TRUE
from monitor.techniques import Technique
from proofs.definitions.machine_facts import EXACT_PREMISES, Fact
from proofs.terms.solving import Found
from proofs.verdict.theorems import Finding, Verification

HOLDS = {Found.YES: "holds", Found.NO: "FAILS", Found.UNKNOWN: "unknown"}
_KEPT = {Found.NO: "not kept by", Found.UNKNOWN: "open for"}


@dataclass(frozen=True)
class Condition:
    """`holds` is the theorem on a whole machine, `kept` what it asks of an instruction, `letter` the same by the
    definitions, `premise` what it asks of a fact; `refused` is what our own monitor has against a machine."""

    theorem: str
    holds: Callable[[Verification], Found]
    kept: Callable[[Finding], Found]
    letter: Callable[[Finding], Found]
    premise: Callable[[Fact], Found]
    refused: Callable[[Verification], str]

    def culprits(self, v: Verification) -> tuple[str, ...]:
        """What breaks it or leaves it open, in the order of the description."""
        return tuple(f.name for f in v.findings if self.kept(f) is not Found.YES)

    def broken(self, v: Verification) -> list[Fact]:
        """The premises that fail."""
        return [f for f in v.facts if f.name in EXACT_PREMISES and self.premise(f) is Found.NO]

    def against(self, v: Verification) -> list[str]:
        """What keeps it from holding, or leaves it open, in words."""
        kept = {f.name: self.kept(f) for f in v.findings}
        names = {answer: [n for n, k in kept.items() if k is answer] for answer in _KEPT}
        said = [f"{_KEPT[answer]} {' '.join(found)}" for answer, found in names.items() if found]
        return said + self.premises(v) + self.of_ours(v)

    def premises(self, v: Verification) -> list[str]:
        facts = {f.name: self.premise(f) for f in v.facts}
        return [f"{name} {HOLDS[facts[name]]}" for name in EXACT_PREMISES if facts[name] is not Found.YES]

    def of_ours(self, v: Verification) -> list[str]:
        """What our own monitor has against the machine; where the machine itself fails, that does not matter."""
        if self.refused(v):
            return [f"our monitor refuses it: {self.refused(v)}"]
        shown = [f"{o.theorem} ({o.about})" for o in v.unproved] if v.theorem1 is Found.UNKNOWN else []
        return [f"our monitor is not proved for it: {', '.join(shown)}"] if shown else []


ALWAYS = Condition(
    "Theorem 1",
    holds=lambda v: v.theorem1,
    kept=lambda f: f.theorem1,
    letter=lambda f: f.verdict.virtualizable,
    premise=lambda fact: fact.holds,
    refused=lambda v: v.refused,
)
IN_USER_MODE = Condition(
    "Theorem 3",
    holds=lambda v: v.theorem3,
    kept=lambda f: f.theorem3,
    letter=lambda f: f.verdict.hybrid,
    premise=lambda fact: fact.hybrid,
    refused=lambda v: v.refusal.hybrid,
)


def condition_of(technique: Technique, isa: Isa) -> Condition | None:
    """What a technique rests on, by when it runs a guest directly: always, not always, or never."""
    directly = technique.direct(isa)
    if directly is FALSE:
        return None
    return ALWAYS if directly is TRUE else IN_USER_MODE
