"""The verdict on a machine, as data: what was found of each instruction, and the theorems that follow.

A theorem holds when every step of the machine, prologue, fetch and body, passes the exact question
(`proofs.definitions.exact`), what the theorem presupposes is proved, and so is our monitor's own part
(`proofs.obligations.statements`). The paper's classes explain the verdict; what they alone would say is the verdict
by the *letter*, reported beside it. docs/verify.md explains every line of a report; `reasons` has the words.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from isa.description import Isa
from isa.display import Displayed
from proofs.definitions.access import HOLDS, Check
from proofs.definitions.classification import Verdict
from proofs.definitions.dependence import NONE, Exhibit
from proofs.definitions.exact import Exact
from proofs.definitions.machine_facts import EXACT_PREMISES, PREMISES, Fact
from proofs.obligations.deciding import Outcome
from proofs.terms.solving import Found, both, opposite
from proofs.verdict.reasons import difference, reason

_WORDS = {Found.YES: "holds", Found.NO: "fails", Found.UNKNOWN: "open"}


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
    exhibit: Exhibit = NONE
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
    """Why our monitor does not take a machine, and why a hybrid one does not; empty for one that takes it."""

    refused: str = ""
    hybrid: str = ""
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
        return both(*(f.theorem1 for f in self.findings), self.without_culprits)

    @property
    def without_culprits(self) -> Found:
        """The same of what is left of the machine if no culprit is ever executed."""
        shown = self.premises
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
        return shown if shown is not Found.YES else _or_open(self.refusal.hybrid, own)

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
