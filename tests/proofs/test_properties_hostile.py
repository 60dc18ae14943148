"""Hostile guests by the thousand, several at a time, at every depth, with all three properties checked on each.

At least 1,000 in the ordinary profile, in shards so that both cores have some; sixty times that in the nightly one.
Every bug planted in the monitor is found within 150 (tests/proofs/test_properties_planted.py).
"""

import pytest

from proofs.runs.properties import tally
from tests.machines_to_test import G3, M16, MACHINES
from tests.sizes import HOSTILE

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(3)]

SHARD = 93  # three at a time, one below each depth
SHARDS = [(G3.name, i) for i in range(7)] + [(M16.name, i) for i in range(4)]
OFTEN = 0.2  # the least share of direct execution of an average guest: most of them are made to trap


def test_there_are_enough_of_them() -> None:
    assert len(SHARDS) * SHARD >= 1000


@pytest.mark.parametrize(("name", "shard"), SHARDS)
def test_no_hostile_guest_breaks_a_property(name: str, shard: int) -> None:
    count = SHARD * HOSTILE
    found = tally(MACHINES[name], range(shard * count, (shard + 1) * count))
    assert not found.failures, "\n".join([f"{found.failures[0]}", *found.failures[0].listing])
    assert len(found.runs) == count and {run.depth for run in found.runs} == {1, 2, 3}
    assert sum(run.share for run in found.runs) > OFTEN * count
    assert sum(run.direct for run in found.runs) + found.emulated.total() == sum(run.retired for run in found.runs)
