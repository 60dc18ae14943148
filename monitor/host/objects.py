"""Contents by their digests: programs, disks, saved machines. A file here never changes, so many may name it.

That is why a snapshot or a clone copies nothing, and why a process that is killed leaves nothing half done: what is
written is not known to anybody until the ledger names it. What nobody names any more, `sweep` takes away.
"""

import os
from contextlib import suppress
from hashlib import sha256

from isa.errors import TraplineError

_PARTIAL = ".partial"


class Objects:
    """The files in a folder, which is made. Raises TraplineError for one that is a link, and OSError."""

    def __init__(self, folder: str) -> None:
        if os.path.islink(folder):
            raise TraplineError(f"{folder} is a link, and may lead anywhere", "put the folder itself there")
        self.folder = folder
        self._named = False  # something is there under a name that is not on the disk yet
        os.makedirs(folder, mode=0o700, exist_ok=True)

    def put(self, data: bytes) -> str:
        """Keep the bytes; their digest. They are on the disk when `settle` returns. Raises OSError."""
        digest = sha256(data).hexdigest()
        path = self._path(digest)
        if not os.path.lexists(path):
            with suppress(FileNotFoundError):
                os.unlink(path + _PARTIAL)
            number = os.open(path + _PARTIAL, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with open(number, "wb") as file:
                file.write(data)
                file.flush()
                self._settle(number)
            os.rename(path + _PARTIAL, path)
            self._named = True
        return digest

    def settle(self) -> None:
        """Have on the disk under their names what was put here. Once for all of them: names stand in one folder."""
        if self._named:
            number = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                self._settle(number)
            finally:
                os.close(number)
            self._named = False

    def get(self, digest: str) -> bytes:
        """The bytes. Raises TraplineError if they are not there, or are others."""
        try:
            with open(os.open(self._path(digest), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                data = file.read()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise TraplineError(f"{self._path(digest)}: {reason}", "take it from a copy of the folder") from None
        if sha256(data).hexdigest() != digest:
            raise TraplineError(f"{self._path(digest)} is damaged", "take it from a copy of the folder")
        return data

    def sweep(self, named: set[str]) -> None:
        """Take away what is not named. What cannot be taken away stays: it is in nobody's way."""
        for name in os.listdir(self.folder):
            if name not in named:
                with suppress(OSError):
                    os.unlink(os.path.join(self.folder, name))

    def drop(self, digests: set[str]) -> None:
        """The same, of these."""
        for digest in digests:
            with suppress(OSError):
                os.unlink(self._path(digest))

    def _path(self, digest: str) -> str:
        return os.path.join(self.folder, digest)

    def _settle(self, number: int) -> None:
        """Have a file on the disk, should the power fail."""
        os.fsync(number)
