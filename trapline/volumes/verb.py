"""What a verb of `trapline volume` is, and what all of them share."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isa.errors import TraplineError
from trapline.options import read, updated

if TYPE_CHECKING:
    from monitor.volumes.volume import Volume

SUFFIXES = {"K": 10, "M": 20, "G": 30, "T": 40}
FORMATS = ("raw", "qcow2")
COPIED = 1 << 20  # bytes at a time
Told = tuple[dict[str, Any], list[str], int]  # for `--json`, for people, and the exit code


@dataclass(frozen=True, slots=True)
class Verb:
    summary: str
    configure: Callable[[argparse.ArgumentParser], None]
    perform: Callable[[argparse.Namespace], Told]


def size(text: str) -> int:
    """A number of bytes, with K, M, G or T behind it for powers of 1024."""
    digits, suffix = (text[:-1], text[-1]) if text[-1:].upper() in SUFFIXES else (text, "")
    if not digits.isdecimal() or not digits.isascii() or len(digits) > 15:
        raise argparse.ArgumentTypeError(f"`{text}` is no size: give a number of bytes, such as 4096, 64K or 2G")
    return int(digits) << (SUFFIXES[suffix.upper()] if suffix else 0)


@contextmanager
def reasoned(path: str) -> Iterator[None]:
    """The host's trouble with a volume, in words."""
    from monitor.volumes.qcow2.header import Unreadable

    try:
        yield
    except Unreadable as error:
        raise TraplineError(f"cannot read the image {path}: {error}") from None
    except OSError as error:
        raise TraplineError(f"cannot use {path}: {error.strerror or error}") from None


def add_file(parser: argparse.ArgumentParser, changes: bool, format: bool = True) -> None:
    parser.add_argument("file", type=updated if changes else read, metavar="FILE")
    if format:
        add_format(parser, "what FILE is; otherwise its name says so: qcow2 if it ends with .qcow2, else raw")


def add_format(parser: argparse.ArgumentParser, help: str, option: str = "--format") -> None:
    parser.add_argument(option, choices=FORMATS, help=help)


def copy(volume: "Volume", output: "Volume") -> None:
    """All that is not zeros, into a volume that is new. Raises OSError."""
    at = 0
    for length, zero in volume.extents(0, volume.size):
        for offset in range(at, at + (0 if zero else length), COPIED):
            data = volume.read(offset, min(COPIED, at + length - offset))
            if data.strip(b"\0"):
                output.write(offset, data)
        at += length
    output.flush()
