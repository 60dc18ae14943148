"""Killed with -9 at any point: what was acknowledged is there, nothing is half done, and guests take the same steps."""

import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from isa.errors import TraplineError
from monitor.host import Record
from monitor.host.ledger import Ledger
from tests.host.hosts import define
from tests.host.killing import STORY, Verb, check, told
from tests.planting import Patch
from tests.sizes import NIGHTLY

POINTS = 1000 if NIGHTLY else 10
TWO: tuple[Verb, ...] = (
    define,
    lambda host: host.start("web"),
    lambda host: host.clone("web", "copy"),
    lambda host: host.run(100),
)  # machines that run


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
