"""The switch: what it promises is proved, mistakes are refuted, and what runs does it."""

from random import Random

import pytest

from monitor.network.forwarding import Forwarding
from monitor.network.switch import Port, Switch
from proofs.network.mutants import MUTANTS, RIGHT, Mutant
from proofs.network.promises import PROMISES, kept, possible
from proofs.terms.solving import Found
from tests.sizes import sized

pytestmark = pytest.mark.long

BROADCAST = b"\xff" * 6


def station(number: int) -> bytes:
    return b"\x02\x54" + number.to_bytes(4, "big")


def frame(source: int, to: bytes = BROADCAST, tag: int | None = None, size: int = 60) -> bytes:
    tagged = b"" if tag is None else b"\x81\x00" + tag.to_bytes(2, "big")
    return (to + station(source) + tagged + b"\x08\x00").ljust(size, b"x")


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.key)
def test_a_promise_is_kept_in_every_state_and_says_something(promise: object) -> None:
    assert promise in PROMISES
    found = next(p for p in PROMISES if p is promise)
    assert kept(RIGHT, found).holds is Found.YES and possible(found.claim)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mistake_is_refuted(mutant: Mutant) -> None:
    found = kept(mutant.forwarding, next(p for p in PROMISES if p.key == mutant.promise))
    assert found.holds is Found.NO and found.words


def test_it_learns_and_forgets() -> None:
    switch = Switch([Port("a"), Port("b"), Port("c")], age=100)
    assert [port for port, _ in switch.arrive(0, 0, frame(1))] == [1, 2]
    assert [port for port, _ in switch.arrive(1, 1, frame(2, station(1)))] == [0]
    assert [port for port, _ in switch.arrive(100, 0, frame(1, station(2)))] == [1]
    assert [port for port, _ in switch.arrive(110, 2, frame(3, station(2)))] == [0, 1]  # not seen for too long
    assert [port for port, _ in switch.arrive(110, 2, frame(1))] == [0, 1]  # it has moved
    assert [port for port, _ in switch.arrive(111, 1, frame(2, station(1)))] == [2]
    assert switch.arrive(112, 2, frame(1, station(1))) == []  # where it came from


def test_trunks_have_tags_and_others_have_none() -> None:
    switch = Switch([Port("a", (5,)), Port("b", (5,)), Port("up", (5, 7), trunk=True), Port("c", (7,))])
    assert switch.arrive(0, 0, frame(1)) == [(1, frame(1)), (2, frame(1, tag=5, size=64))]
    assert switch.arrive(0, 2, frame(9, tag=7, size=64)) == [(3, frame(9))]
    for odd in (frame(9, tag=6), frame(9), b"short", b""):
        assert switch.arrive(0, 2, odd) == []
    assert switch.arrive(0, 0, frame(1, tag=5)) == []


def no_frame_leaves_its_vlan(seed: int, forwarding: Forwarding | None = None) -> None:
    """Whatever anybody sends, with whatever addresses and tags."""
    random = Random(seed)
    ports = [
        Port(str(i), tuple(sorted(random.sample(range(1, 6), random.randrange(2, 4)))), trunk=True)
        if random.random() < 0.3
        else Port(str(i), (random.randrange(1, 6),))
        for i in range(6)
    ]
    switch = Switch(ports, age=random.choice((10, 1000)), forwarding=forwarding)
    for step in range(200):
        origin, tag = random.randrange(6), random.choice((None, random.randrange(1, 8)))
        to = random.choice((BROADCAST, station(random.randrange(8))))
        body = step.to_bytes(4, "big")
        sent = frame(random.randrange(8), to, tag, 56) + body
        vlan = tag if ports[origin].trunk else ports[origin].vlans[0]
        for port, out in switch.arrive(step * random.randrange(1, 3), origin, sent):
            assert vlan in ports[port].vlans and vlan in ports[origin].vlans and port != origin
            assert out.endswith(body) and (out[12:14] == b"\x81\x00") == ports[port].trunk


@pytest.mark.parametrize("seed", range(sized(5, 1000)))
def test_no_frame_leaves_its_vlan(seed: int) -> None:
    no_frame_leaves_its_vlan(seed)


@pytest.mark.parametrize("name", ["any port", "back again"])
def test_a_run_finds_mistakes_too(name: str) -> None:
    planted = next(mutant for mutant in MUTANTS if mutant.name == name).forwarding
    with pytest.raises(AssertionError):
        for seed in range(5):
            no_frame_leaves_its_vlan(seed, planted)


@pytest.mark.parametrize("rate", [10, 64, 700])
def test_no_more_leaves_than_the_rate_allows_in_any_window(rate: int) -> None:
    random, port = Random(rate), Port("slow", rate=rate, burst=2000)
    switch, step, left = Switch([Port("fast"), port]), 0, []
    for _ in range(400):
        step += random.randrange(1, 3000)
        size = random.randrange(60, 1514)
        left += [(step, size) for _ in switch.arrive(step, 0, frame(1, size=size))]
    assert 10 < len(left) < 400
    for i, (start, _) in enumerate(left):
        total = 0
        for end, size in left[i:]:
            total += size
            assert total <= 2000 + rate * (end - start) / 1024


def test_it_is_told_what_passes_and_what_does_not() -> None:
    switch, told = Switch([Port("a"), Port("b", (2,)), Port("c", rate=1, burst=60)]), []
    switch.told = lambda step, port, frame, inwards, why: told.append((port, inwards, why))
    switch.arrive(0, 0, frame(1))
    switch.arrive(0, 0, frame(1))
    switch.arrive(0, 1, frame(1, tag=3))
    switch.arrive(0, 1, b"")
    rest = [(1, True, "not of VLAN 0"), (1, True, "too short")]
    assert told == [(0, True, ""), (2, False, ""), (0, True, ""), (2, False, "over the rate"), *rest]
