"""A line on stderr, if that is a terminal, that says how far long work is."""

import sys
import time
from types import TracebackType

QUIET = 0.5  # seconds before anything is shown


class Counter:
    """`with Counter("g3: ", "questions") as counter: ... counter.show(done, of)`. The line is gone at the end."""

    def __init__(self, before: str, what: str) -> None:
        self.before, self.what = before, what
        self._began, self._shown = time.monotonic(), False

    def __enter__(self) -> "Counter":
        return self

    def show(self, done: int, of: int) -> None:
        elapsed = time.monotonic() - self._began
        if elapsed > QUIET and sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{self.before}{done} of {of} {self.what}, {elapsed:.0f} s")
            sys.stderr.flush()
            self._shown = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


class Line:
    """`with Line() as line: ... line.show("what is being done")`. The line is gone at the end."""

    def __init__(self) -> None:
        self._wanted = sys.stderr.isatty()

    def __enter__(self) -> "Line":
        return self

    def show(self, text: str) -> None:
        if self._wanted:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.show("")
