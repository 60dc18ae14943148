"""Killed with -9 at any point: what was acknowledged is there, nothing is half done, and guests take the same steps."""

import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from isa.errors import TraplineError
from monitor.host import Definition, Host, Record
from monitor.host.ledger import Ledger
from monitor.host.networks import NetworkPart
from tests.host.hosts import define
from tests.host.killing import STORY, Verb, check, told
from tests.planting import Patch
from tests.sizes import NIGHTLY
from trapline.running import programs

pytestmark = [pytest.mark.slow, pytest.mark.long]

POINTS = 1000 if NIGHTLY else 10
TWO: tuple[Verb, ...] = (
    define,
    lambda host: host.start("web"),
    lambda host: host.clone("web", "copy"),
    lambda host: host.run(100),
)  # machines that run


def joined(host: Host) -> None:
    """Machines on a network: one that shouts, and one that answers."""
    for name in ("reflect", "shout"):
        network = (NetworkPart("lan"),)
        host.define(Definition(name, name, storage=8192, networks=network), programs.find(GUESTS[name], "g3").image)
        host.start(name)


GUESTS = {name: str(Path(__file__).parents[1] / "network" / f"{name}.s") for name in ("reflect", "shout")}
FRAMES: tuple[Verb, ...] = (joined, *[lambda host: host.run(700)] * 8)


@cache
def known(story: tuple[Verb, ...]) -> tuple[list[dict[str, Any]], int]:
    with TemporaryDirectory() as folder:
        return told(Path(folder) / "whole", story)


def test_killed_at_random_points(tmp_path: Path) -> None:
    states, calls = known(STORY)
    draw = random.Random() if NIGHTLY else random.Random(3)
    for _ in range(POINTS):
        check(tmp_path / "host", STORY, states, draw.randrange(calls))


def killed_in_a_run(tmp_path: Path, every: int = 2) -> None:
    """Where what two machines did is kept."""
    states, calls = known(TWO)
    for last in range(calls - 20, calls, every):
        check(tmp_path / "host", TWO, states, last)


def check_frames(tmp_path: Path) -> None:
    """Frames that are on the way when it is killed pass once, and no more."""
    states, calls = known(FRAMES)
    assert any(state["wires"]["networks"]["lan"]["sent"] for state in states if state["wires"])
    for last in range(calls // 2, calls, 1 if NIGHTLY else calls // 10):
        check(tmp_path / "host", FRAMES, states, last)


def test_killed_while_frames_are_on_the_way(tmp_path: Path, monkeypatch: Patch) -> None:
    check_frames(tmp_path / "right")
    keep = Ledger.keep_wires

    def at_once(ledger: Ledger, kept: dict[str, Any]) -> None:
        """Before what the machines did is kept."""
        ledger._file.execute("ROLLBACK")
        ledger._file.execute("BEGIN IMMEDIATE")
        keep(ledger, kept)
        ledger._file.execute("COMMIT")
        ledger._file.execute("BEGIN IMMEDIATE")

    monkeypatch.setattr(Ledger, "keep_wires", at_once)
    with pytest.raises((AssertionError, TraplineError)):
        check_frames(tmp_path / "wrong")


def test_a_verb_that_is_half_done_is_noticed(tmp_path: Path, monkeypatch: Patch) -> None:
    killed_in_a_run(tmp_path / "right", 8)
    keep = Ledger.put

    def at_once(ledger: Ledger, record: Record) -> None:
        """One machine after the other."""
        keep(ledger, record)
        ledger._file.execute("COMMIT")
        ledger._file.execute("BEGIN IMMEDIATE")

    monkeypatch.setattr(Ledger, "put", at_once)
    with pytest.raises((AssertionError, TraplineError), match=r"killed at call|is missing"):
        killed_in_a_run(tmp_path / "wrong")


def test_a_verb_that_returns_too_early_is_noticed(tmp_path: Path, monkeypatch: Patch) -> None:
    """What is to be kept only when the process ends in its own way."""
    story: tuple[Verb, ...] = (define, lambda host: host.machines())
    states, calls = known(story)
    check(tmp_path / "right", story, states, calls - 2)
    monkeypatch.setattr(Ledger, "put", lambda ledger, record: None)
    with pytest.raises(AssertionError, match="killed at call"):
        check(tmp_path / "wrong", story, states, calls - 4)
