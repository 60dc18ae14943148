"""Many machines on one storage, each with code of its own: what is done for one turn does not grow with them."""

from typing import Any

from isa.engines.native.translations import APART, LOOK, Translations


def looks(count: int, times: int, steps: int = LOOK * APART) -> list[list[int]]:
    """Which of so many regions are looked at, each time, so many steps later."""
    found: Any = object.__new__(Translations)
    found._young, found._steps = dict.fromkeys(range(count)), 0
    seen = []
    for _ in range(times):
        found._steps += steps
        seen.append(found._looked_at())
    return seen


def test_a_turn_looks_at_a_few_regions_and_several_at_all() -> None:
    several = looks(3 * LOOK, 3)
    assert {len(some) for some in several} == {LOOK}
    assert {region for some in several for region in some} == {*range(3 * LOOK)}
    assert looks(3, 2) == [[0, 1, 2]] * 2
    assert len(looks(3 * LOOK, 1, 1 << 40)[0]) == LOOK


def test_short_turns_look_no_more_often_than_long_ones() -> None:
    short = looks(5, 40, APART // 4)
    assert [len(some) for some in short] == [0, 0, 0, 1] * 10
    assert [region for some in short for region in some] == [*range(5)] * 2
