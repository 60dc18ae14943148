"""A migration that is cancelled before it is decided, by whoever and whenever: the machine goes on where it was."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from monitor.host import Host, Refused
from monitor.host.between import Cancelled
from monitor.host.ledger import Ledger
from monitor.host.life import State
from monitor.host.looking import withdrawn
from monitor.host.migration import Channel, Lost, Pace
from tests.host.hosts import opened
from tests.host.moving import PACE, POST_COPY, begun, moved, two, where
from tests.planting import Patch
from trapline.cli import main

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]
MOMENTS = ("ready", "want", "got", "held")  # what the source has heard when somebody cancels


def cancelled(path: Path, patch: Patch, moment: str, cancel: Callable[[Host], object], pace: Pace = PACE) -> None:
    """Somebody cancels when the source has heard this: it stays, and nobody else has it."""
    real = Channel.hear

    def hear(channel: Channel, *kinds: str) -> tuple[dict[str, Any], bytes]:
        heard = real(channel, *kinds)
        if heard[0]["kind"] == moment and not done:
            done.append(moment)
            cancel(hosts[0])
        return heard

    done: list[str] = []
    with two(path) as hosts:
        begun(hosts[0])
        patch.setattr(Channel, "hear", hear)
        with pytest.raises(Cancelled, match="web stays"):
            moved(*hosts, pace)
        assert done and hosts[0].machine("web").state in (State.RUNNING, State.IDLE) and len(where(hosts)) == 1
        patch.undo()
        assert moved(*hosts).arrived  # another time it goes
        assert hosts[1].output("web") == b"abc"
        assert hosts[1].ledger.arriving("web") == [] and not hosts[0].ledger.stays("web")


@pytest.mark.parametrize("moment", MOMENTS)
def test_by_another_process_or_by_the_same_it_stays(moment: str, tmp_path: Path, monkeypatch: Patch) -> None:
    cancelled(tmp_path / "other", monkeypatch, moment, lambda host: withdrawn(host.folder, "web"))
    cancelled(tmp_path / "same", monkeypatch, moment, lambda host: host.cancel("web"))


@pytest.mark.parametrize("moment", ["want", "held"])
def test_while_it_runs_ahead_it_can_be_called_back(moment: str, tmp_path: Path, monkeypatch: Patch) -> None:
    cancelled(tmp_path, monkeypatch, moment, lambda host: host.cancel("web"), POST_COPY)


def test_what_goes_wrong_because_of_it_is_told_as_that(tmp_path: Path, monkeypatch: Patch) -> None:
    """It runs on at once, and what it was is no longer there to be sent."""

    def cancel(host: Host) -> None:
        host.cancel("web")
        monkeypatch.setattr(Channel, "say", lost)

    def lost(channel: Channel, kind: str, data: bytes = b"", **values: Any) -> None:
        raise Lost("and is gone")

    cancelled(tmp_path, monkeypatch, "want", cancel)


def test_a_decision_that_does_not_look_is_found(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(Ledger, "leaves", lambda ledger, token: True)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        cancelled(tmp_path, monkeypatch, "held", lambda host: withdrawn(host.folder, "web"))


def test_what_is_not_on_its_way_cannot_be_cancelled(tmp_path: Path) -> None:
    with opened(tmp_path) as host:
        begun(host)
        for cancel in (lambda: host.cancel("web"), lambda: withdrawn(host.folder, "web")):
            with pytest.raises(Refused, match="web is idle, and cannot cancel"):
                cancel()


@pytest.fixture
def migrating(tmp_path: Path, monkeypatch: Patch) -> Iterator[subprocess.Popen[str]]:
    """A process that migrates to one who never answers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with opened(tmp_path / "first") as host:
        begun(host)
    with closing(socket.socket(socket.AF_UNIX)) as other:
        other.bind("second.sock")
        other.listen()
        words = [sys.executable, "-m", "trapline", "host", "migrate", "first", "web", "./second.sock"]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
            with closing(other.accept()[0]) as connection:
                connection.recv(1)  # it has begun
                yield process
            process.kill()


def state(folder: Path) -> State:
    with opened(folder) as host:
        return host.machine("web").state


def test_a_command_cancels_what_another_does(migrating: subprocess.Popen[str], tmp_path: Path, capfd: Capture) -> None:
    assert main(["host", "cancel", "first", "web"]) == 0
    assert capfd.readouterr().out.startswith("web: idle at step")
    assert migrating.communicate(timeout=20)[1].startswith("error: web stays: its migration was cancelled")
    assert migrating.returncode == 1 and state(tmp_path / "first") is State.IDLE
    assert main(["host", "cancel", "first", "web"]) == 1


def test_an_interrupt_cancels(migrating: subprocess.Popen[str], tmp_path: Path) -> None:
    os.kill(migrating.pid, signal.SIGINT)
    assert migrating.wait(20) == 130 and state(tmp_path / "first") is State.IDLE
