"""Bugs planted in `verify`, each caught by the property on variants: a part that is not judged, a verdict that is
always the same, reasons that nothing supports."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest

from isa.description import Isa
from proofs.terms.solving import Found, both, either
from proofs.variants import Outcome, judged, variant
from proofs.variants.changes import CHANGES
from proofs.variants.judging import Verify
from proofs.variants.shapes import DOWN
from proofs.verdict.verification import verify

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(3)]

SEEDS = range(6)
WRONG = [name for name, change in CHANGES.items() if not change.right]
# Of kinds by which finer bugs are caught further below, a bug that all catch is left to the night.
FINER = {
    "assumption: broken",
    "entry: loses something",
    "body: traps always in one mode",
    "view: a second one that tells",
}
EACH = [pytest.param(kind, marks=pytest.mark.nightly if kind in FINER else ()) for kind in WRONG]


@dataclass
class Said:
    """A verdict as far as the property reads it."""

    theorem1: Found
    theorem3: Found = Found.NO
    culprits: tuple[Any, ...] = ()
    facts: tuple[Any, ...] = ()
    findings: tuple[Any, ...] = (None,)
    unknown: list[str] = field(default_factory=list)


@dataclass
class Doubtful:
    """A finding that says that running directly goes wrong."""

    exact: Any = None


drawn = cache(variant)  # bugs are shown the same few


def caught(ask: Verify, kind: str) -> Outcome | None:
    """How the property first fails on variants of a kind."""
    found = (judged(drawn(seed, DOWN, kind), ask).outcome for seed in SEEDS)
    return next((outcome for outcome in found if outcome.fails), None)


def always(theorem1: Found, theorem3: Found = Found.NO) -> Verify:
    return lambda isa, timeout, workers: Said(theorem1, theorem3, findings=(Doubtful(),))


@pytest.mark.parametrize("kind", EACH)
def test_a_verdict_that_is_always_yes_is_caught_by_every_kind_of_fault(kind: str) -> None:
    assert caught(always(Found.YES), kind)


@pytest.mark.parametrize(
    "kind",
    [
        "body: guarded",
        "view: a second one like the first",
        *(pytest.param(kind, marks=pytest.mark.nightly) for kind in ("body: harmless", "assumption: kept")),
    ],
)
def test_a_verdict_that_is_no_without_a_reason_is_caught(kind: str) -> None:
    assert caught(always(Found.NO), kind) is Outcome.UNEXPLAINED


def test_a_verdict_that_is_always_yes_for_hybrid_monitors_is_caught() -> None:
    assert caught(always(Found.NO, Found.YES), "body: undoes the tick") is Outcome.HYBRID


def test_an_error_in_the_verdict_is_a_finding() -> None:
    def breaks(isa: Isa, timeout: float, workers: int) -> Any:
        raise ZeroDivisionError("it broke")

    assert caught(breaks, "body: harmless") is Outcome.RAISED


# ---- verdicts that leave out a part


def unjudged(**parts: Any) -> Verify:
    """`verify` of a machine of which these parts are as if nobody had changed them."""
    return lambda isa, timeout, workers: verify(replace(isa, **parts), timeout, workers)


def believing(isa: Isa, timeout: float, workers: int) -> Any:
    """`verify` that only looks at instructions, with whatever is assumed."""
    found = verify(isa, timeout, workers)
    return Said(Found.YES if not found.culprits else Found.NO, culprits=tuple(found.culprits), findings=found.findings)


def by_the_letter(isa: Isa, timeout: float, workers: int) -> Any:
    """`verify` that takes the paper's definitions for what a monitor needs."""
    found = verify(isa, timeout, workers)
    return Said(found.letter.theorem1, found.letter.theorem3, found.culprits, found.facts, found.findings)


def of_pieces(isa: Isa, timeout: float, workers: int) -> Any:
    """`verify` as it was once: classes of instructions alone, one that memory-traps in every pair taken for privileged,
    and no premise that is about refusals, the prologue or the fetch."""
    found = verify(isa, timeout, workers)
    fine = (either(f.verdict.privileged, f.verdict.virtualizable) for f in found.findings)
    return Said(both(*fine), findings=found.findings)


LEFT_OUT: list[tuple[str, Callable[[], Verify], str]] = [
    ("the prologue", lambda: unjudged(prologue=DOWN.isa.prologue), "prologue: moves the mode or the relocation"),
    ("the fetch", lambda: unjudged(fetch=DOWN.isa.fetch), "fetch: depends on what is not the program's"),
    ("the trap entry", lambda: unjudged(entry=DOWN.isa.entry), "entry: loses something"),
    ("assumptions", lambda: believing, "assumption: broken"),
    ("contradictions", lambda: believing, "assumption: against another"),
    ("what memory traps hide", lambda: of_pieces, "body: traps always in one mode"),
    ("refusals", lambda: of_pieces, "view: a second one that tells"),
]


@pytest.mark.parametrize(("part", "plant", "kind"), LEFT_OUT)
def test_a_verdict_that_leaves_out_a_part_is_caught(part: str, plant: Callable[[], Verify], kind: str) -> None:
    assert caught(plant(), kind)


def test_a_verdict_by_the_letter_is_caught_where_a_guest_sees_the_bound() -> None:
    shows_bound = variant(26, DOWN, "body: anything")
    assert "bound" in shows_bound.text.rpartition("variant")[2]
    assert judged(shows_bound, by_the_letter).outcome is Outcome.DIFFERS
    assert not judged(shows_bound).outcome.fails
