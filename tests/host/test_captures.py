"""What passes at the port of a host's machine, in a file: what happened, once, and not without an end."""

import subprocess
from pathlib import Path

import pytest

from isa.errors import TraplineError
from monitor.host import Definition, captures
from tests.clients import client
from tests.host.networked import WORDS, image, lan, machine, shop
from tests.planting import Patch


def no_room(kept: object) -> None:
    raise OSError("no room")


def test_what_is_captured_is_what_passed_once(tmp_path: Path, monkeypatch: Patch) -> None:
    with shop(tmp_path) as host:
        host.capture("a")
        host.run(700)
        with monkeypatch.context() as patch, pytest.raises(OSError, match="no room"):
            patch.setattr(host.ledger, "keep_wires", no_room)
            host.run(600)  # nothing of it happens
    for steps in (600, 30_000):
        with shop(tmp_path) as host:
            host.run(steps)
            host.capture("b", off=True)
    words = [client("tshark", "tshark"), "-r", str(tmp_path / "a.pcapng"), "-T", "fields", "-e", "frame.time_epoch"]
    found = subprocess.run([*words, "-e", "eth.src"], capture_output=True, text=True, check=True, timeout=60).stdout
    times, senders = zip(*(line.split("\t") for line in found.splitlines()), strict=True)
    assert list(map(float, times)) == sorted(map(float, times)) and not (tmp_path / "b.pcapng").exists()
    assert senders == ("02:54:00:00:00:03",) * 3 + ("02:54:00:00:00:01",) * 3


def test_a_capture_ends_where_it_is_full_and_there_are_not_too_many(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(captures, "MOST", 20_000)
    monkeypatch.setattr(captures, "AT_ONCE", 1)
    with lan(tmp_path) as host:
        machine(host, "bad", "flood")
        with pytest.raises(TraplineError, match="told is on no network"):
            host.define(Definition("told", "reflect", storage=WORDS), image("reflect"))
            host.capture("told")
        host.capture("bad")
        machine(host, "a", "reflect")
        with pytest.raises(TraplineError, match="1 machines are captured, and no more can be"):
            host.capture("a")
        for _ in range(3):
            host.run(3000)
        assert 18_000 < (tmp_path / "bad.pcapng").stat().st_size <= 20_000
        (tmp_path / "a.pcapng").symlink_to(tmp_path / "elsewhere")
        host.capture("bad", off=True)
        with pytest.raises(TraplineError, match="cannot write"):
            host.capture("a")
        assert host.wires is not None and host.wires.captured == set() and not (tmp_path / "elsewhere").exists()
