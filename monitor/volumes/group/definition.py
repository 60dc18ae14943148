"""The file that names the parts of a group, and making and opening what it names.

level = "parity"            # linear, striped, mirrored or parity
size = 1048576              # bytes of the volume; rounded up to whole chunks
parts = ["a", "b", "c"]     # files beside this one or below
chunk = 65536               # bytes of a stripe's share of a part; a power of two from 512
"""

import os
from contextlib import suppress
from dataclasses import dataclass, replace

from isa.errors import TraplineError
from isa.files.sources_read import read_noted
from isa.files.tables import read_table
from monitor.volumes.file import HostFile, InUse
from monitor.volumes.group.group import Group
from monitor.volumes.group.levels import LEVELS, Shape
from monitor.volumes.group.part import BLOCK, MOST_BYTES, Label, Part, label_of, needed

LARGEST_FILE = 1 << 16
MOST_PARTS = 16
CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Definition:
    """`parts` are real paths, `each` the bytes of one of them."""

    path: str
    level: str
    parts: tuple[str, ...]
    chunk: int
    each: int


def read_definition(path: str) -> Definition:
    """What a file says. Raises SourceError, TraplineError."""
    try:
        table = read_table(path, read_noted(path, LARGEST_FILE))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(f"cannot read the volume {path}: {reason}", "give the name of a readable file") from None
    level = table.text("level", choices=LEVELS)
    names = table.texts("parts", None)
    chunk = table.number("chunk", BLOCK, 1 << 24, CHUNK)
    size = table.number("size", BLOCK, MOST_BYTES)
    if chunk & chunk - 1:
        table.wrong("chunk", f"`chunk` must be a power of two, not {chunk}")
    least = LEVELS[level].least if level in LEVELS else 1
    if not least <= len(names) <= MOST_PARTS:
        table.wrong("parts", f"a {level} volume has from {least} to {MOST_PARTS} parts")
    if len(set(names)) < len(names):
        table.wrong("parts", "a part is named twice")
    folder = os.path.realpath(os.path.dirname(path))
    paths = tuple(os.path.realpath(os.path.join(folder, name)) for name in names if "\0" not in name)
    if any(os.path.commonpath([folder, part]) != folder for part in paths):
        table.wrong("parts", "a part lies beside this file or below, whatever links say")
    table.finish()
    return Definition(path, level, paths, chunk, _each(level, len(names), size, chunk))


def _each(level: str, parts: int, size: int, chunk: int) -> int:
    """Bytes of a part, in whole chunks, for a volume of so many."""
    rows = -(-size // (LEVELS[level].room(Shape(parts, chunk, chunk))))
    return rows * chunk


def make(path: str) -> Definition:
    """Make the parts that a file names, empty. Raises TraplineError; a part that is there is not touched."""
    wanted = read_definition(path)
    label = Label(os.urandom(16).hex(), wanted.level, 0, len(wanted.parts), wanted.each, wanted.chunk)
    made: list[str] = []
    try:
        for index, part in enumerate(wanted.parts):
            with open(part, "xb") as file:
                made.append(part)
                file.truncate(needed(wanted.each))
            volume = HostFile(part)
            Part(volume, wanted.each).write_label(replace(label, index=index))
            volume.flush()
            volume.close()
    except OSError as error:
        for part in made:
            with suppress(OSError):
                os.unlink(part)
        raise TraplineError(f"cannot make the part {error.filename}: {error.strerror}", "give other names") from None
    return wanted


def open_group(path: str, writable: bool = True) -> Group:
    """The group that a file names. Parts that are missing, or that have missed something, are lost. Raises
    TraplineError."""
    wanted = read_definition(path)
    volumes = [_volume(part) for part in wanted.parts]
    try:
        labels = [label_of(volume) if volume else None for volume in volumes]
        label = _newest(wanted, labels)
        parts: list[Part | None] = [None] * label.parts
        for volume, found in zip(volumes, labels, strict=True):
            if volume and found and found.serves(label) and found.index < label.parts:
                parts[found.index] = Part(volume, label.each)
            elif volume:
                volume.close()
        return Group(os.path.abspath(path), parts, label, writable)
    except OSError as error:
        _close(volumes)
        raise TraplineError(f"cannot open the volume {path}: {error.strerror or error}", "bring a part back") from None
    except BaseException:
        _close(volumes)
        raise


def _volume(path: str) -> HostFile | None:
    """The file of a part; None if it is not there or no file. Raises InUse."""
    try:
        return HostFile(path)
    except InUse:
        raise
    except TraplineError:
        return None


def _close(volumes: "list[HostFile | None]") -> None:
    for volume in volumes:
        if volume is not None:
            volume.close()


def _newest(wanted: Definition, labels: "list[Label | None]") -> Label:
    """What the parts know that have missed nothing. Raises TraplineError if it is not what the file says."""
    found = [label for label in labels if label is not None]
    if not found:
        raise TraplineError(f"no part of {wanted.path} is there", f"`trapline volume make {wanted.path}` makes them")
    newest = max(found, key=lambda label: label.count)
    if len({label.group for label in found}) > 1:
        raise TraplineError(f"{wanted.path} names parts of different volumes", "name the parts of one")
    told = newest.level, newest.parts, newest.each, newest.chunk
    if told != (wanted.level, len(wanted.parts), wanted.each, wanted.chunk):
        said = f"a {newest.level} volume of {newest.parts} parts of {newest.each} bytes in chunks of {newest.chunk}"
        raise TraplineError(f"the parts are of {said}, and {wanted.path} says otherwise", "say what they are")
    return newest
