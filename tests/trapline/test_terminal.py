"""At a terminal: live input reaches the guest, can be recorded and replayed, and the terminal is always given back."""

import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select

import pytest

from trapline.cli import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TYPED = "hello trapline\n"
ECHO = "HELLO TRAPLINE"


class Session:
    """A command with a pseudo-terminal as its stdin and stdout."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int, slave: int) -> None:
        self.process, self.master, self.slave = process, master, slave
        self.seen = b""

    def until(self, text: str) -> None:
        """Read what the command shows until the text is there; it may end before, and then has nothing more to show."""
        while text.encode() not in self.seen:
            if select([self.master], [], [], 0.2)[0]:
                self.seen += os.read(self.master, 4096)
            else:
                assert self.process.poll() is None, f"`{text}` is not in what it has shown: {self.seen!r}"

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())


@contextmanager
def terminal(cwd: Path, *arguments: str) -> Iterator[Session]:
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "trapline", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    process = subprocess.Popen(command, cwd=cwd, env=environment, stdin=slave, stdout=slave, stderr=slave)
    try:
        yield Session(process, master, slave)
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def test_a_live_session_can_be_replayed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with terminal(tmp_path, "run", "os", "--input", "-", "--record", "keys") as session:
        modes = termios.tcgetattr(session.slave)
        session.until("[boot:")
        session.type(TYPED)
        session.until(ECHO)
        session.type("\x04")
        session.until("exit code 0")
        assert session.process.wait(60) == 0
        assert termios.tcgetattr(session.slave) == modes
    shown = session.seen.decode().replace("\r\n", "\n")
    assert main(["run", "os", "--input", str(tmp_path / "keys")]) == 0
    assert shown.startswith(capfd.readouterr().out)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.nightly)]
)
def test_the_terminal_is_given_back(number: signal.Signals, code: int, tmp_path: Path) -> None:
    with terminal(tmp_path, "run", "os", "--input", "-") as session:
        modes = termios.tcgetattr(session.slave)
        session.until("[boot:")
        assert termios.tcgetattr(session.slave) != modes
        session.process.send_signal(number)
        assert session.process.wait(60) == code
        assert termios.tcgetattr(session.slave) == modes


def test_ctrl_c_while_a_guest_waits_for_keys_loses_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with terminal(tmp_path, "run", "echo", "--input", "-") as session:
        session.type("abc\n")
        session.until("cba")
        session.process.send_signal(signal.SIGINT)
        session.until("saved in echo.saved")
        assert session.process.wait(60) == 130
    assert main(["run", "--resume", str(tmp_path / "echo.saved")]) == 0
    assert capfd.readouterr().out == "1 lines\n"


def test_the_live_view_gives_the_terminal_back(tmp_path: Path) -> None:
    with terminal(tmp_path, "demo") as session:
        modes = termios.tcgetattr(session.slave)
        session.until("run directly")
        session.process.send_signal(signal.SIGINT)
        session.until("interrupted")
        assert session.process.wait(60) == 130
        assert termios.tcgetattr(session.slave) == modes
        assert session.seen.rfind(b"\x1b[?25h") > session.seen.rfind(b"\x1b[?25l")  # the cursor is back
