"""Files that a run writes line by line: traces and events. One that fails ends the run between two slices, and the
machine is saved like any other that the host failed.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import BinaryIO

from isa.assembler import Image
from isa.errors import UsageError
from trapline.running.rig import Rig
from trapline.running.session import Interruption


class LineFile:
    """A new file; `-` is stderr, empty is none. `failure` says why it could not be written, if so.

    As a context it is closed at the end. Raises OSError if it cannot be made.
    """

    def __init__(self, path: str, interruption: Interruption) -> None:
        self.path, self.failure = path, ""
        self._interruption = interruption
        self._file: BinaryIO | None = None
        if path:
            self._file = sys.stderr.buffer if path == "-" else open(path, "wb")  # noqa: SIM115

    def write(self, line: str) -> None:
        """Append a line; as `append`."""
        self.append(line.encode("ascii", "backslashreplace") + b"\n")

    def append(self, data: bytes | memoryview) -> None:
        """Append bytes, in the middle of a run: so it must not raise, and what follows a failure is dropped."""
        if self._file is not None and not self.failure:
            try:
                self._file.write(data)
            except OSError as error:
                self._fail(error)

    def _fail(self, error: OSError) -> None:
        self.failure = f"cannot write {self.path}: {error.strerror or error}"
        self._interruption.asked = True

    def __enter__(self) -> "LineFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._file is not None and self.path == "-":
                self._file.flush()
            elif self._file is not None:
                self._file.close()
        except OSError as failed:
            self._fail(failed)


@contextmanager
def followed(rig: Rig, image: Image | None, path: str | None, interruption: Interruption) -> Iterator[LineFile]:
    """Inside, every exit of the guest's virtual machine is a line in the file, if there is one.

    Raises UsageError for a bare machine, which has no exits.
    """
    vm = rig.virtual
    if path and vm is None:
        raise UsageError("a bare machine has no exits", "run it with `--monitor trap`")
    with LineFile(path or "", interruption) as file:
        if path and vm is not None:
            from trapline.reports.exits import event_line

            vm.monitor.subscribe(lambda event: file.write(event_line(event, image)))
        yield file
