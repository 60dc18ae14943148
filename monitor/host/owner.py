"""One process at a time owns the folder of a host. The lock goes with the process, however that ends."""

import fcntl
import os
import time

from isa.errors import TraplineError

_LOOK = 0.02  # seconds between two tries


class Owner:
    """Holds the lock of a folder until it is closed. Raises TraplineError if another process has it for longer than
    `wait` seconds, and OSError."""

    def __init__(self, folder: str, wait: float) -> None:
        self._file = os.open(os.path.join(folder, "host.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        end = time.monotonic() + wait
        while not self._taken():
            if time.monotonic() >= end:
                other = os.pread(self._file, 20, 0).decode("ascii", "replace").strip() or "unknown"
                os.close(self._file)
                raise TraplineError(f"{folder} is in use by process {other}", "wait until it has ended, or end it")
            time.sleep(_LOOK)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def close(self) -> None:
        os.close(self._file)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
