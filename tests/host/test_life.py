"""Every verb in every state: taken as the table says, or refused with nothing changed and a way out."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from monitor.host import Host, Record, Refused, State, Verb
from monitor.host.life import EVENTS, LIFE, Target, rows, taken
from tests.host.hosts import define, everything, opened
from tests.planting import Patch

DO: dict[Verb, Callable[[Host, str], Record]] = {
    Verb.START: lambda host, name: host.start(name),
    Verb.PAUSE: lambda host, name: host.pause(name),
    Verb.RESUME: lambda host, name: host.resume(name),
    Verb.STOP: lambda host, name: host.stop(name),
    Verb.KILL: lambda host, name: host.kill(name),
    Verb.RESET: lambda host, name: host.reset(name),
    Verb.SEND: lambda host, name: host.send(name, b"x"),
    Verb.SAVE: lambda host, name: host.save(name),
    Verb.RESTORE: lambda host, name: host.restore(name),
    Verb.SNAPSHOT: lambda host, name: host.snapshot(name, "s2"),
    Verb.REVERT: lambda host, name: host.revert(name, "s1"),
    Verb.CLONE: lambda host, name: host.clone(name, f"{name}2"),
    Verb.RESIZE: lambda host, name: host.resize(name, 2048),
    Verb.CANCEL: lambda host, name: host.cancel(name),
    Verb.UNDEFINE: lambda host, name: host.undefine(name, everything=True),
}
LATER = {Verb.MIGRATE}  # between two hosts: `test_migration.py`
WAS = State.PAUSED  # the state of the snapshot, and of what was saved


@cache
def paused() -> Path:
    """The folder of a host with a machine that is paused, and has a snapshot of it."""
    path = Path(mkdtemp(dir=os.environ["TRAPLINE_CACHE"]))
    with opened(path) as host:
        define(host)
        host.start("web")
        host.pause("web")
        host.snapshot("web", "s1")
    return path


def host_in(path: Path, state: State) -> Host:
    """A host like it whose machine is in this state."""
    shutil.copytree(paused(), path)
    host = opened(path)
    record = host.machine("web")
    with host.ledger.change():
        host.ledger.put(replace(record, point=replace(record.point, state=state, was=WAS)))
    return host


def check(path: Path, verb: Verb, state: State) -> None:
    """What the table says is what happens."""
    target = LIFE[verb][state]
    with host_in(path, state) as host:
        DO[verb](host, "web")
        found = host.ledger.find("web")
        expected = None if target is Target.GONE else WAS if target is Target.AS_IT_WAS else target
        assert (found and found.state) == expected


def refused(host: Host, verb: Verb, state: State) -> None:
    with pytest.raises(Refused, match=f"^web is {state.value}, and cannot {verb.value}") as caught:
        DO[verb](host, "web")
    assert caught.value.help


def test_every_verb_of_users_is_tried() -> None:
    assert set(DO) | LATER | set(EVENTS) == set(Verb) == set(LIFE)
    assert {state for row in LIFE.values() for state in row} == set(State)


@pytest.mark.parametrize("verb", DO)
def test_a_verb_does_in_every_state_what_the_table_says(tmp_path: Path, verb: Verb) -> None:
    for state in LIFE[verb]:
        check(tmp_path / state.value, verb, state)


def test_nothing_else_is_taken(tmp_path: Path) -> None:
    """The verbs that a state refuses, in each state."""
    for state in State:
        with host_in(tmp_path / state.value, state) as host:
            before = everything(host)
            for verb in DO:
                if state not in LIFE[verb]:
                    refused(host, verb, state)
            assert everything(host) == before


def test_a_hole_in_the_table_is_noticed(tmp_path: Path, monkeypatch: Patch) -> None:
    """A verb that comes to another state than the table has, and one that is taken where the table has nothing."""
    monkeypatch.setattr(Host, "pause", lambda host, name: host._do(name, Verb.SNAPSHOT, lambda record, state: record))
    with pytest.raises(AssertionError):
        check(tmp_path / "one", Verb.PAUSE, State.RUNNING)
    with host_in(tmp_path / "two", State.SAVED) as host, pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        refused(host, Verb.PAUSE, State.SAVED)


def test_a_refusal_names_the_way() -> None:
    from monitor.host.life import after

    with pytest.raises(Refused) as caught:
        after("web", State.RUNNING, Verb.RESTORE, State.RUNNING)
    assert caught.value.render() == "error: web is running, and cannot restore\nhelp: first `save` it"
    with pytest.raises(Refused, match="halted") as caught:
        after("web", State.HALTED, Verb.RESUME, State.RUNNING)
    assert "halted machines take `start`, `snapshot`" in caught.value.help


def test_the_documentation_has_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "host.md").read_text()
    head, *rest = ["| " + " | ".join(row) + " |" for row in rows()]
    line = "|" + "---|" * (len(State) + 1)
    assert "\n".join([head, line, *rest]) in text
    assert all(taken(state) for state in State)
