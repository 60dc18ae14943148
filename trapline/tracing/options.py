"""Options that say which lines of a trace are wanted, and what shall stand in them: the same for `run` and `trace`."""

import argparse

from isa.errors import UsageError
from trapline.options import natural

NOTES = ("mnemonic", "source", "registers")


def add_choice_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--from", type=natural, metavar="STEP", dest="first", help="trace from this step on; the first one is 0")
    add("--to", type=natural, metavar="STEP", dest="last", help="trace up to this step")
    add(
        "--pc",
        metavar="WHERE[:END]",
        action="append",
        help="trace only steps at this pc, or up to another one; numbers or labels, may be repeated",
    )
    add("--traps-only", action="store_true", help="trace only steps that trapped")
    add(
        "--with",
        type=notes,
        metavar="WHAT",
        dest="notes",
        help=f"what else stands in a line: {', '.join(NOTES)}, with commas between them",
    )


def notes(text: str) -> frozenset[str]:
    """What else shall stand in a line."""
    found = text.split(",")
    for name in found:
        if name not in NOTES:
            raise argparse.ArgumentTypeError(f"`{name}` is not one of `{'`, `'.join(NOTES)}`")
    return frozenset(found)


def check_untraced(arguments: argparse.Namespace) -> None:
    """Raises UsageError if one of these options was given, where nothing is traced."""
    named = {"--from": "first", "--to": "last", "--pc": "pc", "--traps-only": "traps_only", "--with": "notes"}
    for option, key in (*named.items(), ("--of", "of")):
        given = getattr(arguments, key)
        if given is not None and given is not False:
            raise UsageError(f"`{option}` says what to trace", "name a file for it: `--trace FILE`")
