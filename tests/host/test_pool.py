"""Desktops for users: each has his own, which looks as the image did; what was kept is there again, and what was thrown
away left nothing behind."""

import os
from functools import cache
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory, mkdtemp

import pytest

from isa.errors import TraplineError, UsageError
from monitor.host import Definition, Host
from monitor.host.life import State
from monitor.host.pool import Pool
from monitor.screens.words import events
from tests.host.hosts import check_objects, opened
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.screens.desks import WORDS, desk, read
from tests.sizes import sized
from trapline.cli import main

pytestmark = pytest.mark.long

USERS = [f"user{number}" for number in range(sized(2, 50))]
STEPS = 500_000
ROOM = {"storage": 1 << 21, "machines": 60}


@cache
def _set_up() -> Path:
    """The folder of a host with the image, which takes longer to make than to copy."""
    path = Path(mkdtemp(dir=os.environ["TRAPLINE_CACHE"]))
    with opened(path, **ROOM) as host:
        host.define(Definition("desk", "desk", storage=WORDS, screen=True), desk())
        host.start("desk")
        host.press("desk", events(["=echo this is a desk", "Return"]))
        host.run(2 * STEPS)
    return path


def pool_of_desks(path: Path) -> Pool:
    copytree(_set_up(), path, dirs_exist_ok=True)
    return Pool(opened(path, **ROOM), "desk")


def lines(host: Host, name: str) -> list[str]:
    picture = host.picture(name)
    assert picture is not None
    return read(picture)


def everybody_has_his_own() -> None:
    with TemporaryDirectory() as path, pool_of_desks(Path(path)).host as host:
        pool = Pool(host, "desk")
        for user in USERS:
            assert pool.take(user).state is State.RUNNING
            host.press(f"desk-{user}", events([f"={user}"]))
        host.run(STEPS)
        for user in USERS:
            assert lines(host, f"desk-{user}")[-2:] == ["THIS IS A DESK", f"> {user.upper()}"]
        assert lines(host, "desk")[-2:] == ["THIS IS A DESK", ">"]
        assert [one.name for one in pool.taken()] == sorted(f"desk-{user}" for user in USERS)
        assert len({one.generation for one in host.machines()}) == len(USERS) + 1


def what_is_kept_is_there_again() -> None:
    with TemporaryDirectory() as path, pool_of_desks(Path(path)).host as host:
        pool = Pool(host, "desk")
        check_objects(host)
        named, there = host.ledger.digests(), len(host.ledger.machines())
        for user in USERS[:2]:
            pool.take(user)
            host.press(f"desk-{user}", events([f"={user}"]))
        host.run(STEPS)
        assert pool.leave(USERS[0], keep=True).state is State.SAVED
        host.snapshot(f"desk-{USERS[1]}", "before")
        pool.leave(USERS[1])
        assert lines(host, f"desk-{USERS[0]}")[-1] == f"> {USERS[0].upper()}"
        assert pool.take(USERS[0]).state is State.IDLE
        pool.take(USERS[1])
        host.run(STEPS)
        assert lines(host, f"desk-{USERS[0]}")[-1] == f"> {USERS[0].upper()}"
        assert lines(host, f"desk-{USERS[1]}")[-1] == ">"
        for user in USERS[:2]:
            pool.leave(user)
        assert (host.ledger.digests(), len(host.ledger.machines())) == (named, there)
        check_objects(host)


@pytest.mark.parametrize("check", [everybody_has_his_own, what_is_kept_is_there_again], ids=lambda c: c.__name__)
def test_desktops(check) -> None:  # type: ignore[no-untyped-def]
    check()


def test_a_desktop_goes_on_whatever_it_was(tmp_path: Path) -> None:
    with pool_of_desks(tmp_path).host as host:
        pool = Pool(host, "desk")
        pool.take("a")
        host.press("desk-a", events(["=exit", "Return"]))
        host.run(STEPS)
        assert host.machine("desk-a").state is State.HALTED
        assert pool.leave("a", keep=True).state is State.HALTED
        assert pool.take("a").point.steps == 0
        host.pause("desk-a")
        assert pool.take("a").state is pool.take("a").state is State.RUNNING
        host.save("desk")
        assert pool.take("b").state is State.IDLE
        assert host.machine("desk").state is State.SAVED


def test_nobody_gets_what_is_no_desktop(tmp_path: Path, monkeypatch: Patch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    with pool_of_desks(tmp_path / "servers").host as host:
        pool = Pool(host, "desk")
        host.define(Definition("desk-mine", "desk", storage=2 * WORDS, screen=True), desk())
        for ask in (pool.take, pool.leave):
            with pytest.raises(TraplineError, match="desk-mine is no clone of desk"):
                ask("mine")
            with pytest.raises(UsageError, match="is no name"):
                ask("../x")
        with pytest.raises(UsageError, match="there is no machine"):
            pool.leave("nobody")
        assert pool.taken() == []
    for words, why in (("take none x", "there is no machine 'none'"), ("take desk", "who is to take a desktop?")):
        assert main(["host", "pool", "servers", *words.split()]) == 2
        assert why in capfd.readouterr().err


bugs = Bugs()


@bugs.caught_by(what_is_kept_is_there_again)
def what_is_left_is_kept_for_ever(patch: Patch) -> None:
    patch.setattr(Host, "undefine", lambda host, name, everything=False: host.machine(name))


@bugs.caught_by(everybody_has_his_own)
def a_clone_begins_anew(patch: Patch) -> None:
    right = Host.clone

    def clone(host: Host, name: str, new: str) -> object:
        right(host, name, new)
        return host.reset(new)

    patch.setattr(Host, "clone", clone)


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
