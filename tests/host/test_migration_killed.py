"""Two processes between which a machine moves, and either is killed with -9 at any step of the protocol: exactly one
machine runs afterwards, and neither folder is damaged."""

import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from isa.errors import TraplineError
from monitor.host import Host, Record
from monitor.host.ledger import Ledger
from monitor.host.life import State
from monitor.host.migration import Channel, Pace, arriving, migrate, receive
from tests.host.hosts import check_objects, everything, opened
from tests.host.killing import Calls
from tests.host.moving import PACE, POST_COPY, begun, moved, two, where
from tests.planting import Patch

pytestmark = pytest.mark.long

SAID = ("say", "hear")
SOURCE = (
    *("depart", "say migrate", "hear ready", "say offer", "hear want", "say objects", "say round", "hear got", "step"),
    *("say whole", "hear held", "hand_over", "say decided", "hear known"),
)
TARGET = (
    *("hear migrate", "say ready", "hear offer", "say want", "hear objects", "take", "say got", "hear whole", "hold"),
    *("say held", "hear decided", "arrive", "say known"),
)
SWITCHED = (  # post-copy: the same to where it leaves, and it runs ahead then
    *((0, step) for step in ("say switch", "hear want", "say objects", "hear held", "hand_over", "say decided")),
    *((1, step) for step in ("hear switch", "say want", "hear objects", "hold", "say held", "hear decided", "arrive")),
)
Arm = Callable[[Host, Channel], object]  # makes a process one that is killed, somewhere


def after(step: str) -> Arm:
    """Killed when it has done this for the first time."""
    name, _, kind = step.partition(" ")

    def arm(host: Host, channel: Channel) -> None:
        of: Any = channel if name in SAID else host
        does = getattr(of, name)

        def done(*given: Any, **named: Any) -> Any:
            result = does(*given, **named)
            said = given[0] if name == "say" else result[0]["kind"] if name == "hear" else ""
            if said == kind:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(of, name, done)

    return arm


def at(call: int) -> Arm:
    """Killed at this call of the system, of files, sockets or SQLite."""
    return lambda host, channel: sys.setprofile(Calls(call))


def process(path: Path, end: socket.socket, other: socket.socket, does: Arm, arm: Arm | None) -> int:
    """A process that has a host and one end of a connection; its number."""
    number = os.fork()
    if number == 0:
        code = 0
        try:
            other.close()
            with opened(path) as host, closing(Channel(end, 10)) as channel, suppress(TraplineError):
                if arm is not None:
                    arm(host, channel)
                does(host, channel)
        except BaseException:
            traceback.print_exc()
            code = 1
        finally:
            os._exit(code)
    return number


def killed(path: Path, side: int, arm: Arm, pace: Pace = PACE) -> bool:
    """Migrate `web`, while one side is killed; whether it was."""
    with opened(path / "one") as host:
        begun(host, 60)
    opened(path / "two").close()
    ends = socket.socketpair()
    sides = (path / "one", lambda host, channel: migrate(host, "web", channel, pace)), (path / "two", receive)
    numbers = [
        process(folder, ends[i], ends[1 - i], does, arm if side == i else None)
        for i, (folder, does) in enumerate(sides)
    ]
    for end in ends:
        end.close()
    codes = [os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) for number in numbers]
    assert codes[1 - side] == 0 and codes[side] in (0, -signal.SIGKILL)
    return codes[side] != 0


def one_runs(path: Path) -> None:
    """Both come back, and have not spoken yet; then they speak, and the machine is at the second host, as it was."""
    with two(path) as hosts:
        for host in hosts:
            everything(host)
            check_objects(host)
        assert len(on(where(hosts))) == len(where(hosts)) <= 1
        if hosts[0].ledger.find("web") is not None or hosts[0].ledger.handed("web"):
            assert moved(*hosts).arrived
        assert len(on(where(hosts))) == 1 and hosts[0].machines() == []
        hosts[1].run(1000)
        hosts[1].send("web", b"h")
        hosts[1].run(1000)
        assert hosts[1].output("web") == b"abc"
        for host in hosts:
            check_objects(host)


def on(records: list[Record]) -> list[Record]:
    return [record for record in records if record.state in (State.RUNNING, State.IDLE)]


STEPS = [(side, step) for side, steps in enumerate((SOURCE, TARGET)) for step in steps]


@pytest.mark.parametrize(("side", "step"), STEPS)
def test_killed_at_each_step_of_the_protocol(side: int, step: str, tmp_path: Path) -> None:
    assert killed(tmp_path, side, after(step)) or step == "say known"  # the other may see that and end it first
    one_runs(tmp_path)


@pytest.mark.parametrize(("side", "step"), SWITCHED)
def test_killed_while_it_runs_ahead(side: int, step: str, tmp_path: Path) -> None:
    assert killed(tmp_path, side, after(step), POST_COPY)
    one_runs(tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("pace", [PACE, POST_COPY], ids=["pre-copy", "post-copy"])
@pytest.mark.parametrize("side", [0, 1])
def test_killed_at_each_call(side: int, pace: Pace, tmp_path: Path) -> None:
    call = 0
    while killed(tmp_path / str(call), side, at(call), pace):
        one_runs(tmp_path / str(call))
        call += 1
    one_runs(tmp_path / str(call))
    assert call > 100


def test_a_target_that_runs_before_it_is_told_makes_two(tmp_path: Path, monkeypatch: Patch) -> None:
    real = Host.hold

    def hold(host: Host, token: str, record: Record, sent: arriving.Sent) -> None:
        real(host, token, record, sent)
        host.arrive(token)

    monkeypatch.setattr(Host, "hold", hold)
    assert killed(tmp_path, 0, after("hear held"))
    with pytest.raises(AssertionError):
        one_runs(tmp_path)


def test_a_source_that_does_not_note_what_it_decided_loses_the_machine(tmp_path: Path, monkeypatch: Patch) -> None:
    real = Ledger.note_move
    monkeypatch.setattr(Ledger, "note_move", lambda ledger, *move: real(ledger, *move) if move[1] != "handed" else None)
    assert killed(tmp_path, 1, after("hear decided"))
    with pytest.raises((AssertionError, TraplineError)):
        one_runs(tmp_path)
