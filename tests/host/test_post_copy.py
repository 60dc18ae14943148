"""A machine that runs before all of it has come: it waits for what it touches, and nothing is lost but time."""

import socket
import threading
from contextlib import closing
from pathlib import Path

import pytest

from isa.errors import TraplineError
from monitor.host import Definition, Host
from monitor.host.life import State
from monitor.host.migration import Channel, Lost, Pace, migrate, receive
from monitor.host.migration.offering import Offering
from monitor.host.networks import NetworkPart
from monitor.host.objects import WIDTH
from tests.host.hosts import check_objects, define, image, opened
from tests.host.juggler import begin
from tests.host.moving import POST_COPY, begun, moved, two
from tests.planting import Patch


def test_it_leaves_at_once_and_waits_for_what_it_touches(tmp_path: Path) -> None:
    with two(tmp_path) as (one, other):
        begin(one)
        one.run(5000)
        outcome = moved(one, other, Pace(rate=20, rounds=0, post_copy=True))
        assert outcome.arrived and outcome.rounds == () and outcome.waited > 0 and outcome.ahead > 0
        assert other.machine("web").point.steps == 5000 + outcome.ahead
        whole = moved(other, one, Pace(rate=20, rounds=1, post_copy=True))  # with a round before it leaves
        assert len(whole.rounds) == 1 and whole.downtime < outcome.downtime
        check_objects(one)


def test_one_that_ends_before_all_of_it_has_come_has_ended(tmp_path: Path) -> None:
    with two(tmp_path) as (one, other):
        begun(one, 60)
        one.send("web", b"h")
        assert moved(one, other, POST_COPY).arrived
        assert other.machine("web").state is State.HALTED and other.output("web") == b"abc"
        other.start("web")


def test_one_that_has_yet_to_boot_boots_there(tmp_path: Path) -> None:
    with two(tmp_path) as (one, other):
        define(one)
        one.start("web")
        assert moved(one, other, POST_COPY).arrived
        other.send("web", b"abh")
        other.run(1000)
        assert other.output("web") == b"ab"


def test_if_its_source_is_lost_what_it_did_there_is_told(tmp_path: Path, monkeypatch: Patch) -> None:
    ends = socket.socketpair()
    told: list[TraplineError] = []

    def arrive(host: Host) -> None:
        with closing(Channel(ends[1], 10)) as channel, pytest.raises(Lost) as caught:
            receive(host, channel)
        told.append(caught.value)

    with two(tmp_path) as (one, other):
        begin(one)
        one.run(5000)
        left = one.machine("web").point
        said, answer = 0, Offering._say

        def say(offering: Offering, digests: list[bytes]) -> list[tuple[int, bytes]]:
            nonlocal said
            said += len(digests)
            if said > 25:
                raise OSError("the network is gone")
            return answer(offering, digests)

        monkeypatch.setattr(Offering, "_say", say)
        thread = threading.Thread(target=arrive, args=(other,))
        thread.start()
        with closing(Channel(ends[0], 10)) as channel, pytest.raises(OSError, match="gone"):
            migrate(one, "web", channel, Pace(rate=20, rounds=0, post_copy=True))
        thread.join()
        assert "web had run" in told[0].message and "goes on at its source" in told[0].help
        assert one.machine("web").point == left and other.machines() == []


def test_nobody_gets_what_is_no_part_of_the_machine(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with opened(tmp_path) as host, closing(Channel(ours)) as channel, closing(Channel(theirs)) as other:
        begun(host)
        host.send("web", b"z")
        define(host, "secret")
        host.start("secret")
        host.run(200)
        web, secret = host.machine("web"), host.machine("secret")
        wanted = [bytes.fromhex(digest) for digest in set(secret.digests).difference(web.digests)]
        assert wanted and all(len(digest) == WIDTH for digest in wanted)
        other.say("want", wanted[0])
        with pytest.raises(Lost, match="no part of the machine"):
            Offering(host.objects, channel).serve(web)


def test_one_with_a_network_does_not_go_so(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "host.toml").write_text('storage = 16384\n[[networks]]\nname = "lan"\n')
    with Host(str(tmp_path / "one"), engine="reference") as one, opened(tmp_path / "two") as other:
        one.define(Definition("web", "told", storage=1024, networks=(NetworkPart("lan"),)), image())
        one.start("web")
        with pytest.raises(TraplineError, match="web has a network"):
            moved(one, other, POST_COPY)
        with pytest.raises(TraplineError, match="lan"):  # and not at all to a host that has none
            moved(one, other)
        assert one.machine("web").state is State.RUNNING
