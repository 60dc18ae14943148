"""No output of a command is a file that the same command reads, or writes otherwise, by any name of it.

`claim` compares what files are, so that links, `./` and `/dev/stdin` are seen through. `trapline.cli` calls it with the
files that the arguments name (their types in `trapline.options` say which those are); a command calls it again once it
has read everything, and before it opens anything to write: by then `isa.files.sources_read` knows the includes of a
source, the descriptions, and whatever else was read on the way.
"""

import argparse
import os
import stat
from collections.abc import Iterator

from isa.errors import UsageError
from isa.files.sources_read import files_read
from trapline.options import Read, Updated, Written

STREAMS = ("stdin", "stdout", "stderr")
STREAM = "-"  # an option's name for one of them
Identity = tuple[object, ...]


def claim(arguments: argparse.Namespace) -> None:
    """Raises UsageError if an output is a file that is read, or that is written otherwise."""
    outputs = list(_outputs(arguments))
    for number, (option, path) in enumerate(outputs):
        here = _identity(path)
        for other, place in outputs[:number]:
            if here is not None and here == _identity(place):
                raise _refusal(f"`{option}` and `{other}` would both write `{path}`")
            if inside(path, place) or inside(place, path):
                raise _refusal(f"`{option} {path}` and `{other} {place}` lie one in the other")
        for what, found in _others(arguments, option):
            if here is not None and here == found:
                raise _refusal(f"`{option}` would overwrite `{path}`, which is {what}")


def used(path: str, arguments: argparse.Namespace) -> bool:
    """Whether the command reads or writes the file at this path."""
    here = _identity(path)
    written = (_identity(place) for _, place in _outputs(arguments))
    return here is not None and (here in written or any(here == found for _, found in _others(arguments, "")))


def inside(path: str, folder: str) -> bool:
    """Whether a path leads into a folder, by any name."""
    return os.path.realpath(path).startswith(os.path.realpath(folder) + os.sep)


def _refusal(rule: str) -> UsageError:
    return UsageError(rule, "give each output a file of its own")


def _outputs(arguments: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """(option, path) of every output; a disk that the guest may write is the first, since its other uses are wrong."""
    named = [(n, v) for n, v in vars(arguments).items() if isinstance(v, Written) and v != STREAM]
    for name, value in sorted(named, key=lambda pair: not isinstance(pair[1], Updated)):
        if not (isinstance(value, Updated) and getattr(arguments, "read_only", False)):
            yield _option(name), value


def _others(arguments: argparse.Namespace, option: str) -> Iterator[tuple[str, Identity | None]]:
    """What else the command has to do with, but for the file of an option."""
    for name, value in vars(arguments).items():
        if isinstance(value, Read) and _option(name) != option:
            yield f"read as `{_option(name)}`", _of(0) if value == STREAM else _identity(value)
    for found, name in files_read().items():
        yield f"read (`{name}`)", found
    from isa.machines.catalogue import files  # only where something is written: it is slow to load

    for path in files():
        yield "a description that Trapline brings", _identity(path)
    for number, stream in enumerate(STREAMS):
        yield f"where {stream} goes", _of(number) if _is_file(number) else None


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _identity(path: str) -> Identity | None:
    """What tells this file from all others, also if it is not there yet; None for a terminal or the like, which
    loses nothing when it is written."""
    return _of(path) if os.path.exists(path) else _of_new(os.path.realpath(path))


def _of(file: int | str) -> Identity | None:
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return None
    return None if stat.S_ISCHR(found.st_mode) else (found.st_dev, found.st_ino)


def _of_new(path: str) -> Identity | None:
    folder, name = os.path.split(path)
    found = _of(folder)
    return None if found is None else (*found, name)


def _is_file(stream: int) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream).st_mode)
    except OSError:
        return False
