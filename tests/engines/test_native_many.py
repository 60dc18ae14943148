"""Many machines on one storage, each with code of its own: what is done for one turn does not grow with them."""

from typing import Any

from isa.engines.native.translations import LOOK, Translations


def looks(count: int, times: int) -> list[list[int]]:
    """Which of so many regions are looked at, each time."""
    found: Any = object.__new__(Translations)
    found._young = dict.fromkeys(range(count))
    return [found._looked_at() for _ in range(times)]


def test_a_turn_looks_at_a_few_regions_and_several_at_all() -> None:
    several = looks(3 * LOOK, 3)
    assert {len(some) for some in several} == {LOOK}
    assert {region for some in several for region in some} == {*range(3 * LOOK)}
    assert looks(3, 2) == [[0, 1, 2]] * 2
