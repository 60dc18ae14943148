"""What `--dump` asks for: `registers`, `storage[A:B]`, `all`, several of them with commas. `trapline.state.dump` shows
it.
"""

import argparse
import re

from isa.classes import dataclass

_STORAGE = re.compile(r"storage\[([0-9a-fA-FxX_]+)(?::([0-9a-fA-FxX_]+))?\]")


@dataclass(frozen=True, slots=True)
class DumpChoice:
    """`storage` are ranges of words, each from its first word to the one before its end; `everything` is all of it."""

    registers: bool
    storage: tuple[tuple[int, int], ...] = ()
    everything: bool = False


def add_dump_option(parser: argparse.ArgumentParser, when: str) -> None:
    parser.add_argument(
        "--dump",
        type=dump_choice,
        nargs="?",
        const=DumpChoice(True),
        metavar="WHAT",
        help=f"show the state {when}: registers (the default), storage[A:B] (from A to before B), all; with commas",
    )


def dump_choice(text: str) -> DumpChoice:
    """Raises ArgumentTypeError with what may be said."""
    registers = everything = False
    storage: list[tuple[int, int]] = []
    for part in text.split(","):
        found = _STORAGE.fullmatch(part)
        if found:
            storage.append(_words(part, found[1], found[2]))
        elif part in ("registers", "all"):
            registers, everything = True, everything or part == "all"
        else:
            raise argparse.ArgumentTypeError(
                f"`{part:.40}` is not `registers`, `storage[A:B]` or `all`; a GUEST stands before `--dump`"
            )
    return DumpChoice(registers, tuple(storage), everything)


def _words(part: str, first: str, end: str | None) -> tuple[int, int]:
    try:
        a = int(first, 0)
        b = a + 1 if end is None else int(end, 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{part:.40}` needs whole numbers, such as `storage[8:0x10]`") from None
    if a >= b:
        raise argparse.ArgumentTypeError(f"`{part:.40}` is empty: it ends before word {b}")
    return a, b
