"""What a student hands in: the files that the lab asks for, in a folder. None of it is ever run on this host, and
nothing outside the folder is read, whatever the files say."""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

from guests.catalogue import LIBRARY
from isa.assembler import Image, assemble
from isa.assembler.includes import Directory, read_source
from isa.description import Isa
from isa.errors import Source, TraplineError
from trapline.labs.lab import Lab

MOST_FILES = 100  # in the folder


@dataclass(frozen=True, slots=True)
class Submission:
    """A folder that has the files of a lab."""

    folder: str
    lab: Lab
    _images: dict[str, Image] = field(default_factory=dict, compare=False, repr=False)

    def source(self, name: str) -> Source:
        """A file's text, under its own name alone. Raises TraplineError for one that is missing, too large, no text, or
        no regular file."""
        source = read_source(_regular(self.folder, name, self.lab.limits.bytes))
        return Source(name, source.text)

    def image(self, isa: Isa, name: str) -> Image:
        """A file assembled once; it may include files of the folder and shipped ones. Raises SourceError."""
        if name not in self._images:
            self._images[name] = self._assembled(isa, name)
        return self._images[name]

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
    """A student's folder. Raises TraplineError if it is none, or lacks a file that is to be handed in."""
    if not os.path.isdir(folder):
        raise TraplineError(f"{folder} is not a folder", f"`trapline lab start {lab.name} DIR` makes one")
    missing = [name for name in lab.files if not os.path.lexists(os.path.join(folder, name))]
    if missing:
        raise TraplineError(f"{folder} has no {', '.join(missing)}", f"hand in {', '.join(lab.files)}")
    return Submission(folder, lab)


def fingerprint(folder: str, lab: Lab) -> str:
    """A digest of all files of a folder that a grader would read: another submission has another one."""
    digest = sha256()
    for path, _, names in sorted(os.walk(folder)):
        for name in sorted(names)[:MOST_FILES]:
            with suppress(OSError, TraplineError):
                with open(_regular(path, name, lab.limits.bytes), "rb") as file:
                    data = file.read(lab.limits.bytes)
                digest.update(f"{os.path.relpath(path, folder)!a} {name!a} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _regular(folder: str, name: str, most: int) -> str:
    """The path of a file that is no link, no device and not too large."""
    path = os.path.join(folder, name)
    try:
        found = os.lstat(path)
    except OSError as error:
        raise TraplineError(f"cannot read {name}: {(error.strerror or str(error)).lower()}") from None
    if not stat.S_ISREG(found.st_mode):
        raise TraplineError(f"{name} is not a regular file", "hand in the file itself, not a link to it")
    if found.st_size > most:
        raise TraplineError(f"{name} has {found.st_size:,} bytes; {most:,} are the most")
    return path
