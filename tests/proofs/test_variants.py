"""Every verdict of `verify` on random variants: what it calls right is proved and runs alike, what it calls wrong has a
witness or a reason. One of each kind of change by default; many of each, and of several at once, in the nightly
profile."""

from functools import cache

import pytest

from isa.errors import MachineError
from isa.language import load_text
from monitor.core import Core
from proofs.variants import Judgement, Outcome, judged, study, variant
from proofs.variants.__main__ import main
from proofs.variants.changes import CHANGES
from proofs.variants.drawing import Variant
from proofs.variants.premises import broken_assumption, lost_by_trap
from proofs.variants.replay import replays
from proofs.variants.shapes import DOWN, FEW, UP, Shape
from proofs.variants.states import parted
from tests.sizes import VARIANTS

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(3)]

SHARD = 50
drawn = cache(variant)  # tests look at the same few


EACH = [k if i % 4 == 0 else pytest.param(k, marks=pytest.mark.nightly) for i, k in enumerate(CHANGES)]


@pytest.mark.parametrize("kind", EACH)
def test_the_verdicts_on_variants_of_each_kind_are_confirmed(kind: str) -> None:
    judgement = judged(drawn(0, DOWN, kind))
    assert not judgement.outcome.fails, judgement


@pytest.mark.nightly
@pytest.mark.parametrize("kind", CHANGES)
def test_the_verdicts_on_more_variants_of_each_kind_are_confirmed(kind: str) -> None:
    assert [j for j in (judged(variant(seed, DOWN, kind)) for seed in range(1, 4)) if j.outcome.fails] == []


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(0, VARIANTS, SHARD))
def test_verdicts_on_many_variants_are_confirmed(first: int) -> None:
    assert [j for j in study(range(first, first + SHARD)) if j.outcome.fails] == []


# ---- variants


def test_a_number_gives_one_text_and_another_number_another() -> None:
    assert variant(7).text == variant(7).text != variant(8).text


def test_a_text_can_be_pasted_into_a_file() -> None:
    made = variant(3)
    assert load_text(made.text, made.isa.name).instructions.keys() == made.isa.instructions.keys()


def test_shapes_are_drawn_and_about_half_are_meant_to_be_right() -> None:
    drawn = [variant(seed) for seed in range(20)]
    assert {v.isa.parent for v in drawn} == {shape.name for shape in (DOWN, UP, FEW)}
    assert 6 <= sum(v.meant for v in drawn) <= 14
    assert sum(len(v.refused) for v in drawn) <= 10  # the checker takes most texts


@pytest.mark.parametrize("shape", [DOWN, UP, FEW], ids=lambda shape: shape.name)
def test_shapes_themselves_are_right(shape: Shape) -> None:
    assert parted(shape.isa, 0) is None and lost_by_trap(shape.isa, 0) == ""


# ---- what finds differences


def difference(kind: str, seed: int) -> str:
    made = drawn(seed, DOWN, kind)
    try:
        return str(parted(made.isa, seed, made.focus) or "")
    except MachineError as error:
        return f"refused: {error.message}"


@pytest.mark.parametrize("kind", ["body: undoes the tick", "role: a resource for all", "assumption: against another"])
def test_random_states_show_what_differs(kind: str) -> None:
    assert any(difference(kind, seed).partition("after")[0] for seed in range(4))


def test_a_trap_that_loses_something_is_found_though_no_run_shows_it() -> None:
    lost = [drawn(seed, DOWN, "entry: loses something").isa for seed in range(3)]
    found = [lost_by_trap(isa, 0) for isa in lost]
    assert any(found) and all("is lost by a trap" in said for said in found if said)
    assert all(parted(isa, 0) is None for isa, said in zip(lost, found, strict=True) if said)


def test_an_assumption_that_a_step_breaks_is_found_and_one_that_is_kept_is_not() -> None:
    assert all(broken_assumption(drawn(seed, DOWN, "assumption: broken").isa, seed) for seed in range(2))
    assert not any(broken_assumption(drawn(seed, DOWN, "assumption: kept").isa, seed) for seed in range(2))


def test_every_counterexample_of_the_solver_differs_when_it_is_run() -> None:
    isas = [drawn(seed, DOWN, "role: a resource for all").isa for seed in range(2)]
    found = [r for isa in isas for r in replays(Core(isa), tuple(isa.instructions), 5.0)]
    assert len(found) >= len(isas) and [r for r in found if not r.what] == []


# ---- the command


def test_the_command_prints_a_table_and_fails_with_the_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def odd_ones_fail(made: Variant, ask: object) -> Judgement:
        outcome, text = (Outcome.DIFFERS, made.text) if made.seed % 2 else (Outcome.PROVED, "")
        return Judgement(made.seed, made.kinds, made.meant, 0, outcome, "x is 1\nand y", text)

    monkeypatch.setattr("proofs.variants.many.judged", odd_ones_fail)
    assert main(["--count", "3", "--seed", "2", "--workers", "0"]) == 1
    told = capsys.readouterr().out
    assert "# variant 3 (" in told and variant(3).text in told and "# variant 2 (" not in told
    assert "# x is 1\n# and y\n" in told
    assert f"     2  {Outcome.PROVED.value} (" in told and f"     1  {Outcome.DIFFERS.value} (" in told
    assert "     3  variants; the checker refused" in told
    assert main(["--count", "1", "--seed", "2", "--workers", "0"]) == 0


@pytest.mark.parametrize("arguments", [["--count", "many"], ["--seed", "-1"], ["--workers"], ["more"]])
def test_bad_arguments_are_told_without_a_traceback(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2 and "error:" in capsys.readouterr().err
