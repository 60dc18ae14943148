"""Options that several subcommands share, so that each means the same everywhere."""

import argparse

DEFAULT_MACHINE = "g3"


def add_machine_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--isa",
        metavar="MACHINE",
        default=DEFAULT_MACHINE,
        help="a shipped machine, or PATH[:NAME] of a description (default: %(default)s)",
    )


def count(text: str) -> int:
    """A whole number of at least 1, in decimal, 0x or 0b, with optional underscores."""
    value = natural(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"`{text}` must be at least 1")
    return value


def natural(text: str) -> int:
    """A whole number of at least 0."""
    try:
        value = int(text, 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number") from None
    if value < 0 or value >= 1 << 63:
        raise argparse.ArgumentTypeError(f"`{text}` must be from 0 to 2^63 - 1")
    return value
