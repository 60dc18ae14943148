"""What of a machine a monitor cannot run directly, by its verdict: instructions that something else must stand for, and
what no other program could mend."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofs.verdict.theorems import Verification


@dataclass(frozen=True, slots=True)
class Culprits:
    """`reasons` are by instruction, in the order of the description; `obstacles` are about no instruction that a
    program is written with; `open` is what is not known."""

    reasons: dict[str, str]
    obstacles: tuple[str, ...]
    open: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.reasons)


def culprits(found: "Verification") -> Culprits:
    """Those of a machine that was verified."""
    from proofs.definitions.machine_facts import EXACT_PREMISES
    from proofs.terms.solving import Found

    reasons = {c.name: c.reason for c in found.culprits}
    obstacles = [f"our monitor refuses it: {found.refused}"] if found.refused else []
    obstacles += [f"{name}: {reasons[name]}" for name in reasons if name not in found.isa.instructions]
    broken = (f for f in found.facts if f.holds is Found.NO and f.name in EXACT_PREMISES)
    obstacles += [f"the {fact.name}: {fact.detail}" for fact in broken]
    instructions = {name: reason for name, reason in reasons.items() if name in found.isa.instructions}
    return Culprits(instructions, tuple(obstacles), tuple(found.unknown))
