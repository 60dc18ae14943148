"""What a command prints, kept; and how far it is, told."""

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

LARGEST = 1 << 20  # characters of what was printed that are shown, the last ones
STDOUT = 1
_MOVES = re.compile(r"\r|\x1b\[K")


class Told(io.TextIOBase):
    """A stream that is taken for a terminal: lines of progress, which a terminal would show and take away, go to `told`
    as they come; everything else is in `text`."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told, self._parts = told, list[str]()

    def isatty(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text.startswith("\r\x1b[K"):
            self._told(_MOVES.sub("", text))
        else:
            self._parts.append(text)
        return len(text)

    @property
    def text(self) -> str:
        return "".join(self._parts)[-LARGEST:]


class Printed:
    """What has gone to stdout, by whatever way."""

    def __init__(self) -> None:
        self.text = ""


@contextmanager
def kept(err: Told) -> Iterator[Printed]:
    """Inside, stdout is a file, also for who writes past Python, and stderr is `err`. Afterwards what came is there."""
    printed, out, former = Printed(), sys.stdout, sys.stderr
    out.flush()
    with TemporaryFile() as file:
        real = os.dup(STDOUT)
        os.dup2(file.fileno(), STDOUT)
        try:
            with open(STDOUT, "w", encoding="utf-8", errors="backslashreplace", closefd=False) as sys.stdout:
                sys.stderr = err
                yield printed
        finally:
            sys.stdout, sys.stderr = out, former
            os.dup2(real, STDOUT)
            os.close(real)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LARGEST))
            printed.text = file.read().decode("utf-8", "backslashreplace")
