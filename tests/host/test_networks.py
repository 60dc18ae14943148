"""Machines of a host on its networks: the same frames at the same steps however the host is run, nothing that was sent
is lost or told twice by whatever is done to it, and nobody's frames cost anybody memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from isa.errors import TraplineError
from monitor.host import Definition, Host, State
from monitor.host.living import Living
from monitor.host.migration import Pace
from monitor.host.networks import NetworkPart
from monitor.host.segment import WAITING, Segment
from monitor.host.wires import Wires
from tests.host.hosts import opened
from tests.host.networked import ANSWERS, LAN, WORDS, answered, image, lan, machine, shop
from tests.host.test_migration import moved
from tests.planting import Patch
from trapline.hosting.daemon.owning import Owning
from trapline.running import programs

pytestmark = pytest.mark.long

KEPT = Segment.kept


# ---- frames


def ran(path: Path, slices: list[int], **given: object) -> dict[str, Any]:
    """All that comes of the same machines, run for so many steps at a time; between them the host is closed."""
    host = shop(path, **given)
    for steps in slices:
        host.run(steps)
        host.close()
        host = shop(path, **given)
    found = {r.name: (r.point, r.used.passed, host.output(r.name)) for r in host.machines()}
    assert host.wires is not None
    kept = host.wires.kept()
    host.close()
    return {**found, "wires": kept}


def agree(path: Path, **given: object) -> dict[str, Any]:
    whole = ran(path / "whole", [30_000], **given)
    assert ran(path / "many", [100, 777, 600, 900, 1, 3000, 30_000], **given) == whole
    return whole


@pytest.mark.parametrize("policy", [{}, {"policy": "shares"}, {"policy": "round-robin", "price": 0}])
def test_many_runs_are_one_run(tmp_path: Path, policy: dict[str, object]) -> None:
    one, two = (agree(tmp_path / str(n), processors=n, **policy) for n in (1, 2))
    assert policy or one == two  # by a policy, processors have clocks of their own
    for found in (one, two):
        assert set(found["shout"][2].decode().split()) == ANSWERS
        assert (found["shout"][1].sent, found["shout"][1].received) == (3, 6)
        assert found["other"][1].received == 0
        assert {name: found[name][0].state for name in ("a", "b", "shout")} == dict.fromkeys(
            ("a", "b", "shout"), State.IDLE
        )


@pytest.mark.parametrize(
    ("of", "name", "wrong"),
    [
        (Wires, "kept", lambda self: {"clock": self.clock, "networks": {}}),  # what is on the way is forgotten
        (Wires, "_moments", lambda self, now, running, stop: iter([stop])),  # frames arrive where runs end
        (Segment, "kept", lambda self: {**KEPT(self), "learned": []}),  # nobody is known any more
    ],
)
def test_what_depends_on_where_runs_end_is_noticed(
    tmp_path: Path, monkeypatch: Patch, of: type, name: str, wrong: Callable[..., object]
) -> None:
    monkeypatch.setattr(of, name, wrong)
    with pytest.raises(AssertionError):
        agree(tmp_path)


# ---- what is done to machines meanwhile


def test_frames_on_the_way_outlive_what_is_done_to_machines(tmp_path: Path) -> None:
    with shop(tmp_path) as host:
        host.run(700)  # all is sent, and nothing has arrived
        assert host.wires is not None and host.wires.flying
        host.snapshot("a", "before")
        host.save("shout")  # what it has sent arrives all the same; answers would not, and come to one that is on
        host.run(500)
        host.restore("shout")
        assert answered(host) == ANSWERS
        heard = host.machine("a").used.passed.received
        host.revert("a", "before")  # it has heard nothing yet, and nobody says it again
        assert answered(host) == ANSWERS and host.machine("a").used.passed.received == heard >= 3


def test_whose_cable_is_pulled_hears_nothing(tmp_path: Path) -> None:
    for verb in ("pause", "kill", "save"):
        with shop(tmp_path / verb) as host:
            host.run(700)
            getattr(host, verb)("b")
            assert answered(host) == {one for one in ANSWERS if one[0] == "1"}, verb
            assert host.machine("b").used.passed.received == 0


def test_whose_network_is_gone_from_the_hosts_file_has_no_cable(tmp_path: Path) -> None:
    with shop(tmp_path) as host:
        host.run(100)
    for tables in ("", '[[networks]]\nname = "wan"\n'):
        with lan(tmp_path, tables) as host:
            host.run(1000)
            passed = host.machine("shout").used.passed
            assert host.output("shout") == b"" and (passed.sent, passed.sent_dropped) == (0, 3)
    with shop(tmp_path) as host:
        host.reset("shout")
        assert answered(host) == ANSWERS


def test_a_clone_is_another_station(tmp_path: Path) -> None:
    with shop(tmp_path) as host:
        host.run(100)
        assert host.clone("a", "c").definition.networks == (NetworkPart("lan", station=5),)
        assert answered(host) == ANSWERS | {f"5:{n}" for n in range(3)}


def test_a_snapshot_has_the_frames_that_its_card_holds(tmp_path: Path) -> None:
    with shop(tmp_path) as host:
        host.run(1000)  # frames have arrived, and the machine has not run since
        host.snapshot("a", "arrived")
        assert host.machine("a").state is State.RUNNING and answered(host) == ANSWERS
        before = host.machine("a").point
        host.revert("a", "arrived")
        host.run(30_000)
        assert host.machine("a").point.steps == before.steps and host.machine("a").used.passed.sent == 6


def test_it_moves_to_a_host_with_the_same_network(tmp_path: Path) -> None:
    with shop(tmp_path / "one") as here, lan(tmp_path / "two") as there, opened(tmp_path / "three") as nowhere:
        here.define(Definition("web", "reflect", storage=WORDS, networks=(NetworkPart("lan"),)), image("reflect"))
        here.start("web")
        here.run(1000)
        with pytest.raises(TraplineError, match="is to be on a network `lan`, which its host has not"):
            moved(here, nowhere)
        machine(there, "x", "reflect", station=5)
        with pytest.raises(TraplineError, match="is to be station 5 of `lan`, and another machine is"):
            moved(here, there)
        there.kill("x")
        there.undefine("x")
        moved(here, there)
        machine(there, "shout", "shout")
        there.run(30_000)
        assert b"5:0" in there.output("shout") and there.machine("web").used.passed.received == 6
        assert answered(here) == ANSWERS


def sent_on_its_way(path: Path) -> None:
    with shop(path / "one") as here, lan(path / "two") as there:
        here.define(Definition("web", "shout", storage=WORDS, networks=(NetworkPart("lan"),)), image("shout"))
        here.start("web")
        moved(here, there, pace=Pace(limit=0, rate=50, rounds=3))
        assert (there.machine("web").state, here.ledger.find("web")) == (State.IDLE, None)  # it waits for answers
        here.run(30_000)
        assert here.machine("a").used.passed.sent == 6  # it has answered both


def test_what_a_machine_sends_on_its_way_elsewhere_arrives(tmp_path: Path, monkeypatch: Patch) -> None:
    sent_on_its_way(tmp_path / "right")
    monkeypatch.setattr(Segment, "hold", lambda self, cables: None)
    with pytest.raises(AssertionError):
        sent_on_its_way(tmp_path / "wrong")


def test_a_router_joins_vlans_of_a_host(tmp_path: Path) -> None:
    """Three guests with a stack; the first question is lost while the router asks where that station is."""
    with lan(tmp_path, policy="shares") as host:
        for name, guest, part in (
            ("asks", "ping", {"station": 257}),
            ("web", "web", {"station": 513, "vlans": (2,)}),
            ("router", "router", {"vlans": (1, 2), "trunk": True}),
        ):
            program = programs.find(guest, "g3")
            joined = (NetworkPart("lan", **part),)  # type: ignore[arg-type]
            typed = b"10.0.2.1\n" if name == "asks" else b""
            wanted = Definition(name, guest, storage=program.storage, input="typed" if typed else "", networks=joined)
            host.define(wanted, program.image, typed)
            host.start(name)
        host.run(3_000_000)
        assert host.output("asks") == b"10.0.2.1: 2 of 3 answered\n"
        assert host.machine("web").used.passed.received_dropped == 0


def test_a_machine_whose_contents_are_damaged_costs_nobody_else_his_frames(tmp_path: Path) -> None:
    with shop(tmp_path) as host:
        host.run(100)
        digest = host.contents.parts(host.machine("b").point.machine)[-1]
    with shop(tmp_path) as host:
        host.objects._file.execute("DELETE FROM objects WHERE digest = ?", (bytes.fromhex(digest),))
        assert answered(host) == {one for one in ANSWERS if one[0] == "1"}
        assert host.machine("b").state is State.CRASHED


def heard_of_a_host_that_is_served(path: Path) -> None:
    with shop(path) as host:
        host.run(850)  # all wait, and frames are on the way
        assert {record.state for record in host.machines()} == {State.IDLE}
    owning = Owning(str(path), "reference")
    owning.begin()
    try:
        for _ in range(50):
            if owning.ask(lambda host: not host.flying).result(10):
                break
        assert set(owning.ask(lambda host: host.output("shout")).result(10).decode().split()) == ANSWERS
    finally:
        owning.end()


def test_a_host_that_is_served_brings_frames_though_all_machines_wait(tmp_path: Path, monkeypatch: Patch) -> None:
    heard_of_a_host_that_is_served(tmp_path / "right")
    monkeypatch.setattr(Host, "flying", False)
    with pytest.raises(AssertionError):
        heard_of_a_host_that_is_served(tmp_path / "wrong")


def heard_on_its_way(path: Path) -> None:
    """Others have steps while it migrates, as on a host that is served."""
    with shop(path) as host:
        host.run(100)
        host.depart("a", "token")
        host.run(2500)
        assert set(host.output("shout").decode().split()) == {one for one in ANSWERS if one[0] == "2"}
        host.step("a", "token", 900)
        host.cancel("a")
        assert answered(host) == ANSWERS


def test_a_machine_on_its_way_elsewhere_hears_what_is_sent_to_it(tmp_path: Path, monkeypatch: Patch) -> None:
    heard_on_its_way(tmp_path / "right")
    monkeypatch.setattr(Segment, "hold", lambda self, cables: self._connect(cables))
    with pytest.raises(AssertionError):
        heard_on_its_way(tmp_path / "wrong")


# ---- limits


def flooded(path: Path) -> None:
    with lan(path) as host:
        for name, guest in (("bad", "flood"), ("a", "reflect"), ("off", "reflect")):
            machine(host, name, guest)
        host.pause("off")
        host.run(999)
        assert isinstance(host.living, Living) and host.wires is not None
        for _ in range(3):
            host.run(4_000)
            cable = host.living._running["a"].cable
            assert cable is not None and len(cable.card.inbound.known) <= 50
            assert 0 < len(host.wires.segments["lan"].sent["bad"]) <= WAITING
        assert host.machine("bad").used.passed.sent > 100


def test_a_flood_costs_no_memory(tmp_path: Path, monkeypatch: Patch) -> None:
    flooded(tmp_path / "right")
    monkeypatch.setattr("isa.devices.arrivals.Arrivals.forget", lambda self: None)
    with pytest.raises(AssertionError):
        flooded(tmp_path / "wrong")


def test_what_is_too_much_at_once_is_dropped_and_counted(tmp_path: Path) -> None:
    with lan(tmp_path, LAN + "delay = 20000\n") as host:
        machine(host, "bad", "flood")
        machine(host, "a", "reflect", rate=1000, burst=6056)
        host.run(20_000)
        bad, a = host.machine("bad").used.passed, host.machine("a").used.passed
        assert bad.sent == WAITING and bad.sent_dropped > 100
        assert 4 <= a.received < 30 and a.received + a.received_dropped == WAITING
        assert (bad.sent_octets, a.received_octets) == (1514 * bad.sent, 1514 * a.received)


def test_what_a_guest_does_not_take_is_dropped_and_counted(tmp_path: Path) -> None:
    with lan(tmp_path) as host:
        machine(host, "bad", "flood")
        machine(host, "worse", "flood")  # it takes nothing
        host.run(11_500)
        passed = host.machine("worse").used.passed
        assert passed.received > 80 and passed.received_dropped == passed.received - 64


def test_what_is_kept_of_networks_is_found_out_if_it_is_damaged(tmp_path: Path) -> None:
    with shop(tmp_path) as host:
        host.run(100)
        host.ledger._file.execute("UPDATE wires SET text = replace(text, 'lan', 'man')")
    with shop(tmp_path) as host, pytest.raises(TraplineError, match="is damaged"):
        host.run(100)
