"""How a change of a machine moves its verdict: two verifications, instruction by instruction."""

from collections.abc import Iterator
from dataclasses import dataclass

from proofs.terms.solving import Found
from proofs.verdict.grounds import partition
from proofs.verdict.reasons import classes
from proofs.verdict.techniques import judged
from proofs.verdict.theorems import Finding, Verification

GONE = "(absent)"


@dataclass(frozen=True, slots=True)
class Move:
    """Something that is `before` in one machine and `after` in the other. `weight`: whether Theorem 1 is kept before
    and after, None where the thing is absent or does not bear on it."""

    what: str
    name: str
    before: str
    after: str
    weight: tuple[Found | None, Found | None] = (None, None)


def moves(a: Verification, b: Verification) -> list[Move]:
    """Everything in which the two verdicts differ: theorems, techniques, facts, instructions, partition."""
    return [m for m in (*_theorems(a, b), *_facts(a, b), *_instructions(a, b), *_parts(a, b)) if m.before != m.after]


def _theorems(a: Verification, b: Verification) -> Iterator[Move]:
    pairs = ((a.theorem1, b.theorem1), (a.theorem2, b.theorem2), (a.theorem3, b.theorem3))
    for number, (x, y) in enumerate(pairs, 1):
        yield Move("theorem", f"Theorem {number}", x.value, y.value)
    letters = (("1", a.letter.theorem1, b.letter.theorem1), ("3", a.letter.theorem3, b.letter.theorem3))
    for which, x, y in letters:
        yield Move("theorem", f"Theorem {which} by the letter", x.value, y.value)
    for before, after in zip(judged(a), judged(b), strict=True):
        yield Move("technique", before.technique, before.right.value, after.right.value)
    yield Move("monitor", "monitor", a.monitor.value, b.monitor.value)
    yield Move("monitor", "our own monitor", a.refused or "takes it", b.refused or "takes it")


def _facts(a: Verification, b: Verification) -> Iterator[Move]:
    for x, y in zip(a.facts, b.facts, strict=True):
        yield Move("fact", x.name, x.holds.value, y.holds.value)


def _instructions(a: Verification, b: Verification) -> Iterator[Move]:
    ours, theirs = ({f.name: f for f in v.findings} for v in (a, b))
    for name in dict.fromkeys([*ours, *theirs]):
        x, y = ours.get(name), theirs.get(name)
        kept = tuple(f.theorem1 if f else None for f in (x, y))
        yield Move("instruction", name, described(x), described(y), (kept[0], kept[1]))


def described(finding: Finding | None) -> str:
    """Its classes, what it is without its guard, and for which operands, in one line."""
    if finding is None:
        return GONE
    verdict = finding.verdict
    said = ", ".join(classes(verdict)) or "not privileged"
    extent = "; shows the extent" if verdict.sensitivity.extent is Found.YES else ""
    wrong = finding.exact is not None and finding.exact.fails is Found.YES
    return said + extent + ("; wrong when run directly" if wrong else "")


def _parts(a: Verification, b: Verification) -> Iterator[Move]:
    ours, theirs = partition(a.isa), partition(b.isa)
    for part in ours:
        yield Move("partition", part, " ".join(ours[part]), " ".join(theirs[part]))
