"""Migration: what is agreed, how it converges, and what is told of it."""

import socket
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest

from isa.errors import TraplineError
from monitor.host import Definition, DiskPart, Host, admission
from monitor.host.life import State
from monitor.host.migration import Channel, Lost, Pace, migrate, receive
from monitor.host.migration.leaving import NotConverging, Round
from tests.host.hosts import WORDS, define, image, opened
from tests.host.moving import PACE, begun, moved, two
from tests.planting import Patch
from tests.sizes import sized


def test_a_machine_arrives_as_it_was_and_goes_on(tmp_path: Path) -> None:
    with two(tmp_path) as (one, other):
        begun(one)
        before = one.machine("web")
        outcome = moved(one, other)
        assert outcome.arrived and outcome.downtime <= PACE.limit
        assert one.machines() == [] and one.ledger.handed_tokens() == []
        after = other.machine("web")
        assert (after.state, after.generation) == (before.state, before.generation)
        assert other.output("web") == b"abc"
        other.send("web", b"wdh")
        other.run(3000)
        assert (other.machine("web").state, other.output("web")) == (State.HALTED, b"abcd")
        assert one.ledger.digests() == set()


def decided_and_not_told(hosts: tuple[Host, Host]) -> None:
    """The other host holds `web`, and does not know yet that it is its own."""
    begun(hosts[0])
    hosts[1].arrive = _lost  # type: ignore[method-assign]
    assert not moved(*hosts).arrived
    del hosts[1].arrive


def _lost(token: str) -> bool:
    raise Lost("and does not know what was decided")


def nobody_takes_its_place(path: Path) -> None:
    with two(path) as (one, other):
        decided_and_not_told((one, other))
        for name in ("web", "more"):
            with suppress(TraplineError):
                define(other, name)
        for name in ("web", "web2"):
            with suppress(TraplineError):
                other.clone("more", name)
        assert [record.name for record in other.machines()] == ["more", "web2"]
        assert moved(one, other).arrived
        assert other.output("web") == b"abc"


def test_nobody_takes_the_place_of_one_that_was_decided(tmp_path: Path) -> None:
    nobody_takes_its_place(tmp_path)


def test_a_name_that_is_not_kept_free_is_found(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(admission, "check_arriving", lambda *_: None)
    with pytest.raises(AssertionError):
        nobody_takes_its_place(tmp_path)


def test_what_is_held_is_given_up_only_if_that_is_meant(tmp_path: Path) -> None:
    with two(tmp_path) as (one, other):
        decided_and_not_told((one, other))
        with pytest.raises(TraplineError, match="has not said yet whose it is"):
            other.undefine("web")
        assert other.ledger.arriving("web")
        assert other.undefine("web", everything=True).name == "web"
        assert not other.ledger.arriving("web") and other.ledger.digests() == set()
        define(other)


def test_it_converges_or_is_slowed_down_or_given_up(tmp_path: Path) -> None:
    told: list[Round] = []
    with two(tmp_path) as (one, other):
        begun(one)
        ends = socket.socketpair()
        threading.Thread(target=_quietly, args=(other, ends[1])).start()
        with closing(Channel(ends[0])) as channel, pytest.raises(NotConverging, match="may stand still for -1"):
            migrate(one, "web", channel, Pace(limit=-1, rate=1, rounds=3, throttle=False), told.append)
        assert [made.number for made in told] == [1, 2, 3] and told[0].objects > told[1].objects
        assert one.machine("web").state in (State.RUNNING, State.IDLE)


def test_what_a_slow_machine_is_denied_is_told(tmp_path: Path) -> None:
    told: list[Round] = []
    with two(tmp_path) as (one, other):
        begun(one)
        one.send("web", b"w" * 500)  # changes storage and disk as it goes
        ends = socket.socketpair()
        thread = threading.Thread(target=_quietly, args=(other, ends[1]))
        thread.start()
        with closing(Channel(ends[0])) as channel:
            outcome = migrate(one, "web", channel, Pace(limit=150, rate=150, rounds=1), told.append)
        thread.join()
    assert told[0].withheld == 0 and all(made.withheld == made.objects * 150 - made.steps > 0 for made in told[1:])
    assert len(told) > 2 and told[-1].downtime == outcome.downtime <= 150 < told[-2].downtime


def _quietly(host: Host, end: socket.socket) -> None:
    with closing(Channel(end)) as channel, suppress(TraplineError):
        receive(host, channel)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"storage": 1024}, "the host has"),
        ({"machines": 1}, "may have no more"),
        ({"machine": "g3_popf"}, "another one"),
    ],
)
def test_a_host_that_has_no_room_says_so_and_the_machine_stays(
    given: dict[str, object], why: str, tmp_path: Path
) -> None:
    with opened(tmp_path / "one") as one, opened(tmp_path / "two", **given) as other:
        begun(one)
        if "machines" in given:
            define(other, "there")
        if given.get("storage") == 1024:
            define(other, "there")
            other.start("there")
            why = "are left"
        with pytest.raises(TraplineError, match=why):
            moved(one, other)
        assert one.machine("web").state in (State.RUNNING, State.IDLE)
        assert other.ledger.find("web") is None


def test_what_a_policy_cannot_promise_beside_others_is_refused_before_it_is_decided(tmp_path: Path) -> None:
    hosts = [opened(tmp_path / name, policy="shares", period=1000, quantum=100) for name in ("one", "two")]
    try:
        for host, name in zip(hosts, ("web", "there"), strict=True):
            wanted = Definition(name, "told", storage=WORDS, disks=(DiskPart(blocks=2),), reservation=600)
            host.define(wanted, image())
            host.start(name)
        with pytest.raises(TraplineError, match="the other host: web is not admitted"):
            moved(*hosts)
        assert hosts[0].machine("web").state in (State.RUNNING, State.IDLE) and not hosts[1].ledger.arriving("web")
    finally:
        for host in hosts:
            host.close()


@pytest.mark.parametrize("rate", [-1, 1 << 20, 1.5, "x"])
def test_a_rate_that_would_keep_a_host_busy_for_ever_is_refused(rate: object, tmp_path: Path) -> None:
    with two(tmp_path) as (one, other):
        begun(one)
        with pytest.raises(TraplineError, match="by post-copy"):
            moved(one, other, Pace(rate=rate, rounds=0, post_copy=True))  # type: ignore[arg-type]
        assert one.machine("web").state in (State.RUNNING, State.IDLE)


@pytest.mark.parametrize("seed", range(sized(15, 1000)))
def test_nonsense_is_survived(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    with opened(tmp_path / "one") as host:
        ours, theirs = socket.socketpair()
        kinds = (
            random.randbytes(60),
            b"\0\0\0\2\0\0\0\0{}",
            b"\0\0\0\x0f\0\0\0\0" + b'{"kind":"whole"}'[:15],
            b'\0\0\0\x12\0\0\0\0{"kind":"migrate"}',
            b"\xff" * 8,
            b"\0\0\0\x09",
        )
        ours.sendall(random.choice(kinds))
        ours.close()
        with closing(Channel(theirs, 1)) as channel, suppress(TraplineError):
            receive(host, channel)
        assert host.machines() == []


def test_who_takes_too_long_is_lost(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with closing(theirs), closing(Channel(ours, 0.05)) as channel, pytest.raises(Lost):
        channel.hear("ready")


def test_who_says_a_message_a_byte_at_a_time_is_lost_too() -> None:
    ours, theirs = socket.socketpair()

    def trickle() -> None:
        with suppress(OSError):
            theirs.sendall(b"\0\0\1\0" + bytes(4))
            for _ in range(200):
                theirs.sendall(b"\0")
                time.sleep(0.02)

    thread = threading.Thread(target=trickle)
    with closing(Channel(ours, 0.3)) as channel, pytest.raises(Lost, match="the other host is lost"):
        thread.start()
        channel.hear("ready")
    theirs.close()
    thread.join()
