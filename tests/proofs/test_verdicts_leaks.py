"""Leaks that no definition sees where it is asked of pieces: each machine has the verdict that runs and words bear out.

The machines are in tests/machines/leaks.isa; tests/proofs/test_verdicts_guests.py runs guests on them.
"""

import re

import pytest

from proofs.terms.solving import Found
from proofs.verdict.repair import repair
from proofs.verdict.theorems import Kind
from tests.proofs.verdict_machines import Expected, detail, observed, small_text, verified

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(3)]

SOUND = Expected("yy", "yy", Kind.TRAP_AND_EMULATE)
EXPECTED = {
    "vacuous": Expected("nn", "nn", Kind.NEITHER, ("vk",)),
    "coded_fetch": Expected("n?", "ny", Kind.UNKNOWN, (), ("fetch",), "is not a relocated access to storage"),
    "based_fetch": Expected("nn", "nn", Kind.NEITHER, (), ("fetch",), "does not compose"),
    "contradictory": Expected("nn", "nn", Kind.NEITHER, (), ("assumptions",)),
    "broken_level": Expected("nn", "nn", Kind.NEITHER, (), ("assumptions",)),
    "telling_view": Expected("nn", "nn", Kind.NEITHER, ("vl",)),
    "timed_view": Expected("nn", "nn", Kind.NEITHER, ("vt",)),
    "clobber": Expected("nn", "nn", Kind.NEITHER, (), ("trap entry",)),
    "half_clobber": Expected("nn", "nn", Kind.NEITHER, (), ("trap entry",)),
    "partly_guarded": SOUND,
    "other_tick": SOUND,
}
LIKE = {"based_fetch", "timed_view", "other_tick"}  # others here


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.nightly if n in LIKE else ()) for n in EXPECTED])
def test_a_leak_is_found_and_what_only_looks_like_one_is_not(name: str) -> None:
    assert observed(verified("leaks", name), EXPECTED[name]) == EXPECTED[name]


@pytest.mark.nightly
@pytest.mark.parametrize("name", EXPECTED)
def test_the_same_with_all_instructions(name: str) -> None:
    assert observed(verified("leaks", name, small=False), EXPECTED[name]) == EXPECTED[name]


def test_where_one_side_of_a_definition_is_empty_the_other_counts() -> None:
    found = verified("leaks", "vacuous").finding("vk")
    assert found.verdict.privileged is found.verdict.vacuous is Found.YES
    assert found.verdict.sensitivity.location is Found.YES
    assert "memory-traps in every pair of states that the letter looks at" in found.reason
    assert "psw.mode = user" in str(found.exhibit)


def test_assumptions_that_contradict_each_other_are_named_and_nothing_else_is() -> None:
    told = detail(verified("leaks", "contradictory"), "assumptions")
    both = "`The spare bit is clear.` and `The spare bit is set.`"
    assert told == f"(together): no state in supervisor mode satisfies {both}"


def test_who_breaks_an_assumption_is_named_with_it() -> None:
    found = next(f for f in verified("leaks", "broken_level").facts if f.name == "assumptions")
    assert found.where == ("(trap entry)", "lpsw")
    assert "lpsw: `Nobody opens the channel.` does not hold after it, from pc = " in found.detail


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("telling_view", "shows where the program lies"),
        pytest.param("timed_view", "shows a resource", marks=pytest.mark.nightly),
    ],
)
def test_a_refusal_that_tells_is_the_reason(name: str, said: str) -> None:
    found = verified("leaks", name)
    assert found.culprits[0].reason.startswith("which accesses it is refused tells more than address, relocation and")
    assert said in detail(found, "refusals")


def test_what_a_trap_loses_is_named_to_the_cell_and_the_bit() -> None:
    assert "x: x[1] is lost: " in detail(verified("leaks", "clobber"), "trap entry")
    told = detail(verified("leaks", "half_clobber"), "trap entry")
    alike = re.search(r"psw\[31:2\]: is lost: (\w+) and (\w+) look the same", told)
    assert alike and int(alike[1], 16) ^ int(alike[2], 16) == 0x4


# ---- what guards mend


@pytest.mark.parametrize(
    ("name", "culprit"), [("vacuous", "vk"), pytest.param("telling_view", "vl", marks=pytest.mark.nightly)]
)
def test_a_guard_mends_an_instruction(name: str, culprit: str) -> None:
    mended = repair(verified("leaks", name), small_text("leaks"), workers=0)
    assert (mended.guarded, mended.holds, mended.obstacles) == ((culprit,), Found.YES, ())


@pytest.mark.parametrize(
    ("name", "obstacle"),
    [
        ("coded_fetch", "the fetch, which no guard changes: bare and under the monitor another word is fetched"),
        ("clobber", "the trap entry, which no guard changes: x: x[1] is lost"),
        ("broken_level", "the assumptions, which no guard changes: (trap entry): `Nobody opens the channel.`"),
        ("contradictory", "the assumptions, which no guard changes: (together): no state in supervisor mode"),
    ],
)
def test_what_no_guard_mends_is_said(name: str, obstacle: str) -> None:
    mended = repair(verified("leaks", name), small_text("leaks"), workers=0)
    assert (mended.guarded, mended.holds) == ((), Found.NO)
    assert any(line.startswith(obstacle) for line in mended.obstacles)
