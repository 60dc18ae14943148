"""A host that runs by a policy: what its file and those of its machines say, and accounts that outlive processes."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from isa.assembler import Image
from isa.assembler.assembly import assemble
from isa.errors import SourceError, TraplineError
from isa.machines.catalogue import find
from monitor.host import Capacity, Definition, Host, State, read_capacity, read_definition
from monitor.host.service import Service
from monitor.host.used import Used
from monitor.statistics import Decision
from tests.host.hosts import WORDS, define, opened
from tests.monitor.test_scheduling import DEAF, GREEDY, HALTS, WAITS
from tests.planting import Patch


@cache
def program(source: str) -> Image:
    return assemble(find("g3"), source, "test")


def machine(host: Host, name: str, source: str = DEAF, **promised: Any) -> None:
    host.define(Definition(name, "test", storage=WORDS, **promised), program(source))
    host.start(name)


def accounts(host: Host) -> dict[str, Any]:
    """What each had, and what was counted of it, but for where runs ended."""
    assert host.service is not None
    return {r.name: (r.point.steps, its_own(r.used), host.service.facts(r.name)) for r in host.machines()}


def its_own(used: Used) -> Used:
    exits = tuple(exit for exit in used.exits if exit[0] != Decision.SCHEDULED.value)
    return replace(used, exits=exits)


def told(path: Path, slices: list[int], closing: bool, **given: object) -> dict[str, Any]:
    """What comes of the same machines, run for so many steps at a time; between them the host is closed."""
    host = opened(path, quantum=100, period=1000, **given)
    for name, source, promised in (
        ("a", DEAF, {"shares": 3}),
        ("b", GREEDY, {"reservation": 150}),
        ("c", DEAF, {"cap": 90}),
        ("d", WAITS, {}),
        ("e", HALTS, {}),
    ):
        machine(host, name, source, **(promised if given["policy"] == "shares" else {}))
    for steps in slices:
        host.run(steps)
        if closing:
            host.close()
            host = opened(path, quantum=100, period=1000, **given)
    found = accounts(host)
    host.close()
    return found


@pytest.mark.parametrize(("policy", "processors"), [("shares", 1), ("round-robin", 2)])
def test_many_processes_are_one_run(tmp_path: Path, monkeypatch: Patch, policy: str, processors: int) -> None:
    given = {"policy": policy, "processors": processors}
    whole = told(tmp_path / "one", [4000], closing=False, **given)
    assert told(tmp_path / "many", [170, 31, 799, 3000], closing=True, **given) == whole
    monkeypatch.setattr(Service, "_take_up", lambda self, whole, accounts: None)
    assert told(tmp_path / "wrong", [170, 31, 799, 3000], closing=True, **given) != whole


def test_machines_have_what_their_files_say(tmp_path: Path) -> None:
    with opened(tmp_path, policy="shares", quantum=100, period=1000) as host:
        machine(host, "a", shares=3)
        machine(host, "b")
        machine(host, "greedy", GREEDY)
        host.run(10_000)
        had = accounts(host)
        charged = {name: facts["charged"] for name, (_, _, facts) in had.items()}
        assert abs(charged["a"] - 6000) <= 400 and abs(charged["b"] - 2000) <= 200 and sum(charged.values()) == 10_000
        steps, used, facts = had["greedy"]
        assert used.direct + used.interpreted + used.idle == steps
        exits = sum(used.counters.values())
        assert facts["charged"] + facts["debt"] == steps + 20 * exits
        assert facts["waited"] <= facts["longest_wait"]
        assert facts["clock"] == 10_000


def test_exits_are_counted_by_decision_and_cause_and_nothing_takes_them_back(tmp_path: Path) -> None:
    with opened(tmp_path, quantum=100) as host:
        define(host)
        host.start("web")
        host.run(100)
        host.snapshot("web", "first")
        before = host.counters("web")
        assert before[Decision.EMULATED, "privileged"] and all(cause for _, cause in before)
        host.send("web", b"hi")
        host.run(100)
        after = host.counters("web")
        assert after[Decision.EMULATED, "privileged"] > before[Decision.EMULATED, "privileged"]
        host.revert("web", "first")
        assert host.counters("web") == after
        assert host.clone("web", "copy").used.counters == {}
    with opened(tmp_path, quantum=100) as host:
        assert host.counters("web") == after


def test_who_cannot_be_promised_is_not_switched_on(tmp_path: Path) -> None:
    with opened(tmp_path, policy="deadline", period=1000) as host:
        machine(host, "a", reservation=600)
        with pytest.raises(TraplineError, match="b is not admitted: what it is promised cannot be kept") as caught:
            machine(host, "b", reservation=500)
        assert (caught.value.exit_code, host.machine("b").state) == (3, State.DEFINED)
        host.run(1500)
        host.kill("a")
        with pytest.raises(TraplineError, match="b is not admitted"):
            host.start("b")  # a's steps are promised until its period ends
        host.define(Definition("c", "test", storage=WORDS, reservation=100), program(DEAF))
        host.start("c")
        host.run(600)
        assert host.start("b").state is State.RUNNING
    with opened(tmp_path, policy="deadline", period=500) as host:  # another host: all begin anew
        assert host.kill("c").state is State.DEFINED
        host.run(100)
    with opened(tmp_path, policy="deadline", period=499) as host:
        with pytest.raises(TraplineError, match="a reservation of 500 cannot be promised"):
            host.run(100)
        assert host.kill("b").state is State.DEFINED
        host.run(100)


def test_a_host_may_be_without_a_policy_for_a_while(tmp_path: Path, monkeypatch: Patch) -> None:
    def accounts_after(path: Path) -> set[str]:
        with opened(path, policy="shares", quantum=100) as host:
            for name in ("a", "b", "c", "d"):
                machine(host, name)
            host.pause("d")
            host.run(1030)
        with opened(path, quantum=100) as host:
            host.kill("a")
            host.kill("b")
            host.undefine("b")
            host.resume("d")
            machine(host, "e")
        with opened(path, policy="shares", quantum=100) as host:
            host.run(900)
            assert host.service is not None and host.ledger.kept() is not None
            assert {record.point.steps > 0 for record in host.machines() if record.state is State.RUNNING} == {True}
            return set(host.service.accounts)

    assert accounts_after(tmp_path / "right") == {"c", "d", "e"}
    monkeypatch.setattr(Service, "_agree", lambda self, records: None)
    with pytest.raises((AssertionError, KeyError)):
        assert accounts_after(tmp_path / "wrong") == {"c", "d", "e"}


def test_paused_machines_have_no_turns_and_are_not_paid_for_having_waited(tmp_path: Path) -> None:
    with opened(tmp_path, policy="shares", quantum=100, processors=2) as host:
        machine(host, "a", processor=1)
        machine(host, "b", processor=1)
        host.run(1000)
        host.pause("b")
        host.run(2000)
        host.resume("b")
        host.run(1000)
        had = {name: facts["charged"] for name, (_, _, facts) in accounts(host).items()}
        assert abs(had["a"] - 3000) <= 100 and abs(had["b"] - 1000) <= 100


UNKNOWN: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"shares": 2}, "web has `shares`, and its host no policy that looks at it"),
    ({"policy": "round-robin"}, {"cap": 5}, "web has `cap`, and `round-robin` does not look at it"),
    ({"policy": "shares"}, {"slot": 5}, "web has `slot`, and `shares` does not look at it"),
    ({"policy": "shares"}, {"processor": 1}, "web is to run on processor 1, and the host has 1"),
    ({"policy": "deadline"}, {}, "web has no `reservation`, and by `deadline` would never run"),
    ({"policy": "shares", "period": 10}, {"cap": 11}, "a cap of 11 cannot be promised"),
]


@pytest.mark.parametrize(("given", "promised", "said"), UNKNOWN)
def test_what_a_policy_does_not_know_is_refused(
    tmp_path: Path, given: dict[str, Any], promised: dict[str, Any], said: str
) -> None:
    with opened(tmp_path, **given) as host, pytest.raises(TraplineError, match=said):
        host.define(Definition("web", "test", storage=WORDS, **promised), program(DEAF))


MISTAKES = {
    "shares = 0": "web.toml:2:1: error: `shares` must be from 1 to 1,024, not 0",
    "cap = 9\nperiod = 8": "web.toml:2:1: error: a cap of 9 steps is more than the period, 8",
    "reservation = 9\ncap = 8": "web.toml:2:1: error: a reservation of 9 steps is more than the cap, 8",
    "deadline = 9": "web.toml:2:1: error: a deadline is the end of a period",
    "processor = 64": "web.toml:2:1: error: `processor` must be from 0 to 63, not 64",
    "slot = true": "web.toml:2:1: error: `slot` must be a whole number",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_in_what_is_promised_has_its_place(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_definition("web.toml", f'guest = "echo"\n{text}\n'.encode())
    assert MISTAKES[text] in caught.value.render()


def test_a_policy_is_read() -> None:
    usual = Definition("web", "echo")
    found = read_definition("web.toml", b'guest = "echo"\nshares = 2\ncap = 7\nprocessor = 0\n')
    assert found == replace(usual, shares=2, cap=7, processor=0)
    assert read_capacity("host.toml", b'policy = "shares"\nprice = 0\n') == Capacity(policy="shares", price=0)
    with pytest.raises(SourceError, match="`share` is not known"):
        read_capacity("host.toml", b'policy = "share"\n')
    with pytest.raises(SourceError, match="`price` is for a host with a policy"):
        read_capacity("host.toml", b"price = 3\n")
    with pytest.raises(SourceError, match="`quantum` must be from 1 to 65,536"):
        read_capacity("host.toml", b'policy = "shares"\nquantum = 70000\n')
