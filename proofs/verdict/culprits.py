"""What of a machine a monitor cannot run directly, by its verdict: instructions that something else must stand for, and
what no other program could mend. Kept from one process to the next, since who runs a guest does not wait for proofs.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from isa.description import Isa
from isa.files.cache import digest
from isa.files.flat import Form
from isa.files.kept import kept
from isa.machines.checked import origin
from proofs.definitions.machine_facts import EXACT_PREMISES
from proofs.terms.solving import Found
from proofs.verdict.theorems import Verification
from proofs.verdict.verification import verify

KIND = "culprits"
_HOUSES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


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


_FORM = Form(Culprits)


class _Open(Exception):
    """Something is not known, which another time might be."""

    def __init__(self, culprits: Culprits) -> None:
        super().__init__()
        self.culprits = culprits


def culprits(found: Verification) -> Culprits:
    """Those of a machine that was verified."""
    reasons = {c.name: c.reason for c in found.culprits}
    obstacles = [f"our monitor refuses it: {found.refused}"] if found.refused else []
    obstacles += [f"{name}: {reasons[name]}" for name in reasons if name not in found.isa.instructions]
    broken = (f for f in found.facts if f.holds is Found.NO and f.name in EXACT_PREMISES)
    obstacles += [f"the {fact.name}: {fact.detail}" for fact in broken]
    instructions = {name: reason for name, reason in reasons.items() if name in found.isa.instructions}
    return Culprits(instructions, tuple(obstacles), tuple(found.unknown))


@lru_cache(maxsize=64)
def culprits_of(isa: Isa) -> Culprits:
    """Those of a machine, found out now or once before."""

    def make() -> Culprits:
        found = culprits(verify(isa))
        if found.open:
            raise _Open(found)
        return found

    machine = origin(isa)
    try:
        return make() if machine is None else kept(KIND, (*machine, _program()), _FORM, make)
    except _Open as left:
        return left.culprits


@cache
def _program() -> str:
    """A digest of the programs that a verdict comes from, beside those that `kept` knows."""
    texts: list[bytes | str] = []
    for path in sorted(_files()):
        with open(path, "rb") as file:
            texts += [os.path.basename(path), file.read()]
    return digest(*texts)


def _files() -> Iterator[str]:
    for house in ("proofs", "monitor"):
        for folder, _, names in os.walk(os.path.join(_HOUSES, house)):
            yield from (os.path.join(folder, name) for name in names if name.endswith(".py"))
