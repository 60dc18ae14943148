"""What of a machine a monitor cannot run directly, by its verdict: instructions that something else must stand for.
Kept from one process to the next, since who runs a guest does not wait for proofs."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from isa.description import Isa
from isa.files.cache import digest
from isa.files.flat import Form
from isa.files.kept import kept
from isa.machines.checked import origin
from proofs.terms.solving import Found
from proofs.verdict.techniques import judgement
from proofs.verdict.theorems import Verification
from proofs.verdict.verification import verify

KIND = "culprits"
_HOUSES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@dataclass(frozen=True, slots=True)
class Culprits:
    """`reasons` are by instruction, in the order of the description. `wrong` says why replacing them does not do; it is
    empty if it does, and if it is not known, that is `open`."""

    reasons: dict[str, str]
    wrong: str = ""
    open: bool = False

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.reasons)


_FORM = Form(Culprits)


class _Open(Exception):
    """Something is not known, which another time might be."""

    def __init__(self, culprits: Culprits) -> None:
        super().__init__()
        self.culprits = culprits


def culprits(found: Verification, technique: str) -> Culprits:
    """Those of a machine that was verified, for a technique that replaces them."""
    by_verdict = judgement(found, technique)
    reasons = {c.name: c.reason for c in found.culprits if c.name in found.isa.instructions}
    wrong = "" if by_verdict.right is Found.YES else by_verdict.why
    return Culprits(reasons, wrong, by_verdict.right is Found.UNKNOWN)


@lru_cache(maxsize=64)
def culprits_of(isa: Isa, technique: str) -> Culprits:
    """Those of a machine, found out now or once before."""

    def make() -> Culprits:
        found = culprits(verify(isa), technique)
        if found.open:
            raise _Open(found)
        return found

    machine = origin(isa)
    try:
        return make() if machine is None else kept(KIND, (*machine, technique, _program()), _FORM, make)
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
