"""What a student hands in: the files that the lab asks for, in a folder. None of it is ever run on this host, and
nothing outside the folder is read, whatever the files say."""

import os
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice

from guests.catalogue import LIBRARY
from isa.assembler import Image, assemble
from isa.assembler.includes import Directory
from isa.description import Isa
from isa.errors import Source, TraplineError
from isa.files.sources_read import noted
from isa.files.texts import decoded
from trapline.labs.lab import Lab

MOST_FILES = 500  # in the folder, and folders in it; hidden ones are not looked at


@dataclass(frozen=True, slots=True)
class Submission:
    """A folder that has the files of a lab."""

    folder: str
    lab: Lab
    _images: dict[str, tuple[Isa, Image]] = field(default_factory=dict, compare=False)

    def source(self, name: str) -> Source:
        """A file's text, under its own name alone. Raises TraplineError for one that is missing, too large, no text, or
        no regular file."""
        return decoded(name, read_file(self.folder, name, self.lab.limits.bytes))

    def image(self, isa: Isa, name: str) -> Image:
        """A file assembled, once; it may include files of the folder and shipped ones. Raises SourceError for
        mistakes."""
        known = self._images.get(name)
        if known is None or known[0] is not isa:
            known = self._images[name] = isa, self._assembled(isa, name)
        return known[1]

    def _assembled(self, isa: Isa, name: str) -> Image:
        source, directory = self.source(name), Directory(self.folder, LIBRARY)
        size = len(source.text)

        def include(path: str, includer: str) -> Source:
            nonlocal size
            found = directory(path, includer)
            size += 0 if found.name.startswith("<") else len(found.text)
            if size > self.lab.limits.bytes:
                raise TraplineError(f"{name} and what it includes have more than {self.lab.limits.bytes} bytes")
            return found

        image = assemble(isa, source.text, os.path.join(self.folder, name), include)
        if not image.segments:
            raise TraplineError(
                f"{name} is empty: it assembles to no words", "begin with what `trapline lab start` gave"
            )
        if image.top > self.lab.limits.storage:
            raise TraplineError(f"{name} needs {image.top} words of storage; {self.lab.limits.storage} are the most")
        return image


def open_submission(folder: str, lab: Lab) -> Submission:
    """A student's folder. Raises TraplineError if it is none, lacks a file that is to be handed in, or has too many."""
    if os.path.islink(folder.rstrip("/")) or not os.path.isdir(folder):
        raise TraplineError(f"{folder} is not a folder", f"`trapline lab start {lab.name} DIR` makes one")
    missing = [name for name in lab.files if not os.path.lexists(os.path.join(folder, name))]
    if missing:
        raise TraplineError(f"{folder} has no {', '.join(missing)}", f"hand in {', '.join(lab.files)}")
    deque(_files(folder), 0)
    return Submission(folder, lab)


def fingerprint(folder: str, lab: Lab) -> str:
    """A digest of all files of a folder that a grader would read: another submission has another one."""
    digest = sha256()
    with suppress(TraplineError):
        for name in _files(folder):
            with suppress(TraplineError):
                data = read_file(folder, name, lab.limits.bytes)
                digest.update(f"{name!a} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def read_file(folder: str, name: str, most: int) -> bytes:
    """What is in a file of a folder. Raises TraplineError for one that is a link, a device, or too large; nothing that
    a student can make keeps it waiting."""
    path = os.path.join(folder, name)
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise TraplineError(f"{name} is not a regular file", "hand in the file itself, not a link to it")
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            noted(file.fileno(), path)
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise TraplineError(f"cannot read {name}: {(getattr(error, 'strerror', '') or str(error)).lower()}") from None
    if len(data) > most:
        raise TraplineError(f"{name} has more than {most:,} bytes, which are the most")
    return data


def _files(folder: str) -> Iterator[str]:
    """The paths of files in a folder and below, from there. Raises TraplineError if there are too many, or folders lie
    too deep."""
    folders, count = [""], 0
    while folders:
        inside = folders.pop()
        with suppress(OSError), os.scandir(os.path.join(folder, inside)) as found:
            for entry in sorted(islice(found, MOST_FILES + 1), key=lambda entry: entry.name):
                count += 1
                if count > MOST_FILES:
                    raise TraplineError(f"there are more than {MOST_FILES} files", "hand in what the lab asks for")
                path = os.path.join(inside, entry.name)
                if not entry.is_dir(follow_symlinks=False):
                    yield path
                elif not entry.name.startswith("."):
                    folders.append(path)
