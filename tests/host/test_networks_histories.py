"""Random histories of machines on networks: in one go or in pieces, by many processes, they are the same."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from isa.errors import TraplineError
from monitor.host import Host
from monitor.host.segment import Segment
from tests.host.networked import lan, machine, shop
from tests.planting import Patch
from tests.sizes import sized

NAMES = ("a", "b", "shout", "other", "more")
Verb = Callable[[Host], object]


def verb(draw: random.Random) -> Verb:
    """What is done between two runs."""
    name, mark = draw.choice(NAMES), draw.choice("xy")
    return draw.choice(
        [
            lambda host: host.pause(name),
            lambda host: host.resume(name),
            lambda host: host.save(name),
            lambda host: host.restore(name),
            lambda host: host.kill(name),
            lambda host: host.start(name),
            lambda host: host.reset(name),
            lambda host: host.snapshot(name, mark),
            lambda host: host.revert(name, mark),
            lambda host: host.clone(name, "more"),
            lambda host: host.undefine(name, everything=True),
            lambda host: machine(host, "more", "shout", vlans=(draw.choice((1, 2)),)),
        ]
    )


def told(path: Path, seed: int, pieces: bool, **given: object) -> dict[str, Any]:
    """What comes of a history; with `pieces`, each run is two, by two processes."""
    draw, parts = random.Random(seed), random.Random(seed + 1)
    host = shop(path, **given)
    for _ in range(12):
        steps, done = draw.randrange(1, 1800), verb(draw)
        first = parts.randrange(steps + 1) if pieces else steps
        host.run(first)
        if pieces:
            host.close()
            host = lan(path, **given)
            host.run(steps - first)
        try:
            done(host)
        except TraplineError:
            continue  # it does not take that now
    machines = {r.name: (r.point, r.generation, r.used.passed, host.output(r.name)) for r in host.machines()}
    assert host.wires is not None
    found = {**machines, "wires": host.wires.kept(), "clock": host.clock}
    host.close()
    return found


def check(path: Path, seeds: range) -> None:
    policies: list[dict[str, object]] = [{}, {"policy": "shares"}, {"policy": "round-robin", "processors": 2}]
    for seed in seeds:
        given = policies[seed % len(policies)]
        whole = told(path / f"{seed}", seed, pieces=False, **given)
        assert told(path / f"{seed} in pieces", seed, pieces=True, **given) == whole, seed


def test_a_history_in_pieces_is_the_same(tmp_path: Path) -> None:
    check(tmp_path, range(sized(3, 60)))


def test_a_switch_that_is_new_in_every_run_is_noticed(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(Segment, "kept", lambda self: {})
    with pytest.raises(AssertionError):
        check(tmp_path, range(3))
