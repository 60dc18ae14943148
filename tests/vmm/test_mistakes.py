"""Every mistake in the text of the monitor in assembly is found by the least that shows it, and nothing without it."""

from collections import Counter

import pytest

from tests.vmm.cases import monitor
from tests.vmm.mistakes import MISTAKES, Mistake

DAY = ("a base beyond the window let through", "the real status in the trap area", "two guests in one window")


def test_the_table_has_many_different_ones() -> None:
    assert len(MISTAKES) >= 15
    assert max(Counter((one.old, one.new) for one in MISTAKES).values()) == 1
    assert {*DAY} < {one.name for one in MISTAKES}


@pytest.mark.parametrize(
    "mistake",
    [pytest.param(one, marks=() if one.name in DAY else pytest.mark.nightly, id=one.name) for one in MISTAKES],
)
def test_a_mistake_is_found(mistake: Mistake) -> None:
    assert not mistake.shown(monitor("vmm"))
    assert mistake.found
