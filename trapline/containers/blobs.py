"""Where a layout lies: a folder, or an archive of one (`.tar`). Files are asked for by exact names, so nothing outside
can be reached; each is a regular file of a limited size, and a blob is what its digest says."""

import os
import re
import stat
import tarfile
from typing import Protocol

from isa.errors import TraplineError
from isa.files.sources_read import noted
from trapline.containers.image import digest_of

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
LARGEST = 1 << 26  # bytes of a blob
MOST_MEMBERS = 4096  # of an archive
MADE_BY = "`trapline container build` makes images, `skopeo copy` copies them"


class Store(Protocol):
    path: str

    def read(self, name: str, most: int) -> bytes:
        """A file of the layout. Raises TraplineError if there is none, or it is larger."""


def opened(path: str) -> Store:
    """The layout at a path. Raises TraplineError."""
    if os.path.isdir(path):
        return Folder(path)
    try:
        return Archive(path)
    except (tarfile.TarError, OSError, ValueError, EOFError, OverflowError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(f"{path} is no image: {reason:.200}", MADE_BY) from None


def blob(store: Store, digest: str, size: int, most: int = LARGEST) -> bytes:
    """What a descriptor speaks of. Raises TraplineError if it is not that."""
    if not DIGEST.fullmatch(digest):
        raise TraplineError(f"{store.path}: `{digest:.80}` is no digest that is known here", "sha256 is")
    if not 0 <= size <= most:
        raise TraplineError(f"{store.path}: a blob of {size} bytes is too large", f"{most} are the most")
    data = store.read(f"blobs/{digest.replace(':', '/')}", size)
    if len(data) != size or digest_of(data) != digest:
        raise TraplineError(f"{store.path}: {digest:.19}... is not what its digest says", "get the image again")
    return data


class Folder:
    def __init__(self, path: str) -> None:
        self.path = path

    def read(self, name: str, most: int) -> bytes:
        """No link is followed, neither to the file nor on the way to it."""
        at = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            *folders, last = name.split("/")
            for folder in folders:
                below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
                os.close(at)
                at = below
            file = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
        except OSError as error:
            raise TraplineError(f"{self.path}: cannot read {name:.80}: {error.strerror}", MADE_BY) from None
        finally:
            os.close(at)
        with open(file, "rb") as read:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise TraplineError(f"{self.path}: {name:.80} is no regular file", MADE_BY)
            noted(file, os.path.join(self.path, name))
            data = read.read(most + 1)
        if len(data) > most:
            raise TraplineError(f"{self.path}: {name:.80} is larger than {most} bytes", MADE_BY)
        return data


class Archive:
    def __init__(self, path: str) -> None:
        self.path = path
        self._members: dict[str, tarfile.TarInfo] = {}
        with open(path, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ValueError("it is no regular file")
            noted(file.fileno(), path)
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                if len(self._members) == MOST_MEMBERS:
                    raise ValueError(f"it has more than {MOST_MEMBERS} members")
                self._members[member.name.removeprefix("./")] = member

    def read(self, name: str, most: int) -> bytes:
        member = self._members.get(name)
        if member is None or not member.isreg() or member.issparse():
            raise TraplineError(f"{self.path}: there is no file {name:.80} in it", MADE_BY)
        if member.size > most:
            raise TraplineError(f"{self.path}: {name:.80} is larger than {most} bytes", MADE_BY)
        with open(self.path, "rb") as file:
            file.seek(member.offset_data)
            return file.read(member.size)
