"""A terminal as a live input: its mode while the machine runs, and what has been typed.

    live = Live(Recorder("session.input"))
    with Terminal(0, live) as terminal:
        while ...:
            terminal.poll()              # never waits; `poll(0.1)` waits a little, for when the machine idles
            machine.run(...)

The terminal is in cbreak mode inside: characters come one by one and are not echoed (echo is the guest's business),
while Ctrl-C still interrupts. Ctrl-D at a terminal, or the end of a pipe, is the end of input.
"""

import os
import select
import signal
import termios
import tty
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

from isa.devices.inputs import Live

END = b"\x04"
LARGEST_READ = 4096


class Terminal:
    """Feeds `live` from a descriptor that the caller polls. As a context it sets the terminal's mode, and restores it
    however the block is left, by SIGTERM and SIGHUP too (which become SystemExit). Not a terminal: nothing to set."""

    def __init__(self, fd: int, live: Live) -> None:
        self.fd = fd
        self.live = live
        self._is_terminal = os.isatty(fd)
        self._modes: list[Any] | None = None
        self._handlers: dict[signal.Signals, Any] = {}
        self._open = True

    def __enter__(self) -> "Terminal":
        if self._is_terminal:
            self._modes = termios.tcgetattr(self.fd)
            try:
                self._catch()
                tty.setcbreak(self.fd, termios.TCSADRAIN)
            except BaseException:
                self.restore()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.restore()

    def restore(self) -> None:
        """Back to the terminal's own modes and the former signal handlers; harmless when repeated."""
        if self._modes is not None:
            with suppress(termios.error):  # a terminal that has been closed has nothing left to restore
                termios.tcsetattr(self.fd, termios.TCSADRAIN, self._modes)
        self._modes = None
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers = {}

    def _catch(self) -> None:
        with suppress(ValueError):  # only the main thread may catch signals; elsewhere that is its owner's business
            for number, handler in ((signal.SIGTERM, _leave), (signal.SIGHUP, _leave), (signal.SIGCONT, self._again)):
                self._handlers[number] = signal.signal(number, handler)

    def _again(self, number: int, frame: FrameType | None) -> None:
        """After a stop (Ctrl-Z) the shell has left the terminal in its own mode."""
        if self._modes is not None:
            tty.setcbreak(self.fd, termios.TCSADRAIN)

    def poll(self, wait: float = 0.0) -> bool:
        """Feed what has been typed, waiting at most `wait` seconds for it; True if there was anything."""
        if not self._open or not select.select([self.fd], [], [], wait)[0]:
            return False
        try:
            data = self._read()
        except BlockingIOError:  # another reader of this terminal was quicker
            return False
        typed, end, _ = data.partition(END) if self._is_terminal else (data, b"", b"")
        self.live.feed(typed)
        if end or not data:
            self._open = False
            self.live.close()
        return True

    def _read(self) -> bytes:
        try:
            return os.read(self.fd, LARGEST_READ)
        except BlockingIOError:
            raise
        except OSError:  # the terminal has hung up
            return b""


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
