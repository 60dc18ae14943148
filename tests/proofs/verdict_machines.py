"""The machines of tests/machines/ whose verdicts were once wrong: in small, as they are, and what each must come to.

In small they are variants of a G3 with six instructions, so that a verdict takes a second; nothing else differs.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from isa.description import Isa
from isa.language import load_text
from isa.machine.identity import meaning_digest
from proofs.definitions.machine_facts import EXACT_PREMISES
from proofs.terms.solving import Found
from proofs.verdict.theorems import Kind, Verification
from proofs.verdict.verification import verify

ROOT = Path(__file__).parents[2]
FEW = (ROOT / "proofs" / "variants" / "machines" / "few.isa").read_text()


def text_of(file: str) -> str:
    return (ROOT / "tests" / "machines" / f"{file}.isa").read_text()


def small_text(file: str) -> str:
    """The machines of a file, each a variant of the G3 with six instructions."""
    return FEW + text_of(file).replace(" of g3 ", " of few ")


@cache
def machine(file: str, name: str, small: bool = True) -> Isa:
    return load_text(small_text(file) if small else text_of(file), name, f"{file}.isa")


def verified(file: str, name: str, small: bool = True) -> Verification:
    return verified_once(machine(file, name, small))


VERIFIED: dict[tuple[str, str], Verification] = {}


def verified_once(isa: Isa, *limits: object) -> Verification:
    """Asked in this process, and once: machines share most questions, and tests most machines. That a verdict does not
    depend on the workers is a test of tests/proofs/test_verification.py."""
    key = isa.name, meaning_digest(isa)
    if key not in VERIFIED:
        VERIFIED[key] = verify(isa, 300.0, 0)
    return replace(VERIFIED[key], isa=isa)


def share_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands take what was verified once."""
    for place in ("verification", "repair", "proving"):
        monkeypatch.setattr(f"proofs.verdict.{place}.verify", verified_once)


@dataclass(frozen=True)
class Expected:
    """A verdict: Theorems 1 and 3, the same by the letter, what breaks Theorem 1, and why our monitor refuses the
    machine. What holds is `y`, what fails `n`, what is open `?`."""

    exact: str
    letter: str
    monitor: Kind
    culprits: tuple[str, ...] = ()
    premises: tuple[str, ...] = ()
    refused: str = ""


SHORT = {Found.YES: "y", Found.NO: "n", Found.UNKNOWN: "?"}


def observed(found: Verification, expected: Expected) -> Expected:
    """What was found, in the same form; of a refusal only whether it says what is expected."""
    exact, letter = (SHORT[t.theorem1] + SHORT[t.theorem3] for t in (found, found.letter))
    failing = tuple(f.name for f in found.facts if f.name in EXACT_PREMISES and f.holds is Found.NO)
    refused = expected.refused if expected.refused and expected.refused in found.refused else found.refused
    return Expected(exact, letter, found.monitor, tuple(c.name for c in found.culprits), failing, refused)


def detail(found: Verification, fact: str) -> str:
    return next(f.detail for f in found.facts if f.name == fact)
