"""The application in a real terminal, that of tmux: it is whole again however the application ends."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients import client

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
START = """
import os, sys
from pathlib import Path
from trapline.__main__ import start
from trapline.screen.panes.source import Source
def crash(*rest):
    raise RuntimeError("a bug of ours")
Source.action_follow = crash
Path("pid").write_text(str(os.getpid()))
sys.exit(start())
"""  # with a bug behind a key


class Terminal:
    """A window of tmux of 80 columns and 24 lines, with a shell in it."""

    def __init__(self, folder: Path) -> None:
        self.tmux = [client("tmux", package="tmux"), "-S", str(folder / "socket"), "-f", os.devnull]
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PS1": "$ ",
            "ENV": "",
            "NO_COLOR": "1",
            "COLORTERM": "truecolor",
        }
        shell = ["new-session", "-d", "-x", "80", "-y", "24", "sh"]
        subprocess.run([*self.tmux, *shell], env=environment, check=True, cwd=ROOT)

    def ask(self, *arguments: str) -> str:
        return subprocess.run([*self.tmux, *arguments], capture_output=True, text=True, check=True).stdout

    def type(self, *keys: str) -> None:
        self.ask("send-keys", *keys)

    def until(self, pattern: str) -> str:
        """What is on the screen, once that is there."""
        while not re.search(pattern, screen := self.ask("capture-pane", "-p")):
            pass
        return screen

    def facts(self) -> str:
        """What the program has made of the terminal: another screen, the cursor, the mouse."""
        return self.ask("display", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_flag}").strip()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    yield made
    made.ask("kill-server")


@pytest.mark.parametrize(
    ("end", "code", "says"), [("term", 143, ""), ("f", 70, "error: a mistake in Trapline: RuntimeError: a bug of ours")]
)
def test_the_terminal_is_whole_again(end: str, code: int, says: str, terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "start.py").write_text(START)
    terminal.type(f"cd {tmp_path}; stty -a > before; {sys.executable} start.py debug hello; echo code $?", "Enter")
    terminal.until("stands at pc 0x10")
    assert terminal.facts() == "1 0 1 0"
    colours = re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", terminal.ask("capture-pane", "-p", "-e"))
    assert [colour for colour in colours if len(set(colour)) > 1] == []  # under NO_COLOR
    if end == "term":
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
    else:
        terminal.type(end)
    screen = terminal.until(f"code {code}")
    assert says in screen
    assert "Traceback" not in screen
    assert terminal.facts() == "0 1 0 0"
    terminal.type("stty -a > after; echo done", "Enter")
    terminal.until("\ndone")
    assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()
