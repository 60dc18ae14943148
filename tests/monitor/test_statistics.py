"""Every exit is in exactly one bucket, and a hostile guest cannot make the buckets grow without end."""

import pytest

from monitor import statistics
from monitor.statistics import ELSEWHERE, Decision, Statistics


def test_places_beyond_the_limit_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MOST_PLACES", 3)
    found = Statistics()
    for pc in range(6):
        found.count(Decision.REFLECTED, "memory", pc, pc, 2)
    found.count(Decision.REFLECTED, "memory", 1, 1, 5)
    found.count(Decision.EMULATED, "privileged", 9, 9, 1)
    assert sum(found.exits.values()) == 8
    assert found.exits[Decision.REFLECTED, "memory", ELSEWHERE, None] == 3
    assert found.since[Decision.REFLECTED, "memory", 1, 1] == 7
    assert found.by_cause() == {(Decision.REFLECTED, "memory"): 7, (Decision.EMULATED, "privileged"): 1}
    assert found.by_decision()[Decision.REFLECTED] == 7
    assert set(found.by_decision()) == set(Decision)
