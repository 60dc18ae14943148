"""`trapline host attach`: a machine's console, until one detaches; the machine goes on."""

import argparse
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import quote

from isa.errors import TraplineError, UsageError
from trapline.hosting.daemon.client import asked, serving
from trapline.options import updated

DETACH = 0x1D  # Ctrl-]
LOOK = 0.1  # seconds


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=updated, metavar="DIR", help="the host's folder, which is served")
    parser.add_argument("name", type=str, metavar="NAME")


def run(arguments: argparse.Namespace) -> int:
    console = Console(arguments.folder, arguments.name)
    interactive = sys.stdin.isatty()
    with _plain(interactive):  # what is typed before that is lost
        print(
            f"attached to {arguments.name}" + (", Ctrl-] detaches\r" if interactive else ""),
            file=sys.stderr,
            flush=True,
        )
        while True:
            console.show()
            typed = _typed()
            if typed is None or DETACH in typed:
                break
            if typed:
                console.type(typed)
        time.sleep(LOOK)
        console.show()
    return 0


class Console:
    """A machine's console through the process that serves its host. Raises TraplineError."""

    def __init__(self, folder: str, name: str) -> None:
        self.folder, self.name, self.shown = folder, name, 0
        self.path = f"/v1/machines/{quote(name, safe='')}"

    def _ask(self, method: str, path: str, words: list[str] | None = None) -> dict[str, object]:
        connection = serving(self.folder)
        if connection is None:
            raise UsageError(f"nobody serves {self.folder}", f"`trapline host serve {self.folder}` does")
        return asked(connection, method, path, words)

    def show(self) -> None:
        """Print what was printed since. Of more than a mebibyte the end is known."""
        text = str(self._ask("GET", f"{self.path}/console")["output"]).encode("latin-1")
        new = text[min(self.shown, len(text)) :]
        self.shown = len(text)
        os.write(1, new.replace(b"\n", b"\r\n") if sys.stdin.isatty() else new)

    def type(self, characters: bytes) -> None:
        with suppress(TraplineError):  # it has not taken what was typed before, or is off: nothing is typed then
            text = characters.replace(b"\r", b"\n").decode("latin-1")
            self._ask("POST", "/v1/send", ["--", self.name, text])


def _typed() -> bytes | None:
    """What was typed meanwhile; None at the end of it."""
    ready, _, _ = select.select([0], [], [], LOOK)
    if not ready:
        return b""
    return os.read(0, 1024) or None


@contextmanager
def _plain(terminal: bool) -> Iterator[None]:
    """Keys as they are typed, and the terminal as it was at the end."""
    if not terminal:
        yield
        return
    before = termios.tcgetattr(0)
    try:
        tty.setraw(0)
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
