"""Options that several subcommands share, so that each means the same everywhere."""

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from isa.classes import dataclass
from isa.engines.choice import DEFAULT, ENGINES
from isa.errors import UsageError
from trapline.combinations import Usual

if TYPE_CHECKING:
    from monitor.techniques import Technique

DEFAULT_MACHINE = "g3"
DEFAULT_STEPS = 100_000_000
LIVE_STEPS = 1 << 62  # people are slow
MAX_DEPTH = 8
TECHNIQUE = "trap|hybrid|interpret"  # those that are about any guest


@dataclass(frozen=True, slots=True)
class MonitorChoice:
    """What `--monitor` says: the techniques of the monitors between the guest and the real machine, lowest first; none
    of them is bare."""

    techniques: "tuple[Technique, ...]" = ()

    @property
    def depth(self) -> int:
        return len(self.techniques)


class Read(str):
    """The name of a file that a command reads."""


class Written(str):
    """The name of a file that a command writes, or of a folder that it fills."""


class Updated(Read, Written):
    """The name of a file that a command reads and writes in place."""


def add_machine_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--isa",
        type=name,
        metavar="MACHINE",
        help=f"a shipped machine, or PATH[:NAME] of a description (default: the guest's own, or {DEFAULT_MACHINE})",
    )


def add_guest_argument(parser: argparse.ArgumentParser, optional: bool = False) -> None:
    parser.add_argument(
        "guest",
        metavar="GUEST",
        nargs="?" if optional else None,
        help="a shipped guest (by name), an assembly file (.s), or an image",
    )


def add_neighbours_argument(parser: argparse.ArgumentParser) -> None:
    """Guests that run beside the first, under the same monitor."""
    help = "more guests, each on a machine of its own under the same monitor"
    parser.add_argument("beside", metavar="GUEST", nargs="*", help=help)


def add_define_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--define",
        type=definition,
        action="append",
        metavar="NAME=VALUE",
        help="a constant for the guest's assembly, as if by `.equ` above its first line; NAME alone is 1",
    )


def add_run_options(parser: argparse.ArgumentParser, disk: Callable[[str], Read] | None = None) -> None:
    """What decides how a guest runs: the same options give the same run, step for step. `disk` is `updated` where the
    guest writes to the file itself, and not to a copy."""
    add_machine_option(parser)
    add_define_option(parser)
    add = parser.add_argument
    add("--storage", type=count, metavar="WORDS", help="storage of the guest's machine (default: the guest's need)")
    add("--steps", type=count, metavar="N", help=f"stop after N steps (default: {DEFAULT_STEPS}, no end to live input)")
    add("--quantum", type=count, metavar="N", help="how many steps a machine runs at a time")
    add("--disk", type=disk or read, metavar="FILE", help="attach FILE as the disk; blocks are 128 words")
    add("--read-only", action="store_true", help="attach the disk without permission to write")
    add("--queue", action="store_true", help="have the disk reached through a queue of requests too")
    add(
        "--input",
        type=read,
        metavar="FILE",
        help="console input: a file, a recording, or `-` for stdin (live in a terminal)",
    )
    add("--seed", type=natural, metavar="N", default=Usual(0), help="seed of everything random (default: %(default)s)")


def add_difference_option(parser: argparse.ArgumentParser) -> None:
    help = "write the step at which the two part to FILE, for `trapline debug --at FILE`"
    parser.add_argument("--difference", type=written, metavar="FILE", help=help)


def add_monitor_option(parser: argparse.ArgumentParser, default: str = "none") -> None:
    parser.add_argument(
        "--monitor",
        type=monitor_choice,
        metavar="none|KIND[:DEPTH][,...]",
        default=default,
        help="run bare, or under monitors that trap and emulate (`trap`), interpret supervisor mode (`hybrid`) or "
        "everything (`interpret`), replace what must not run directly (`patch`), or serve the guest's calls "
        f"(`paravirtual`); DEPTH of them stacked, or several kinds, lowest first (default: {default})",
    )


def add_engine_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engine",
        type=engine_choice,
        metavar="|".join(ENGINES),
        default=DEFAULT,
        help="what executes the steps; the same steps, at different speeds (default: %(default)s)",
    )


def add_under_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--under",
        type=under_choice,
        metavar="MONITOR[:DEPTH][,...]",
        help="compare with the guest under a monitor that is a program itself, such as vmm: a shipped one (by name), "
        "an assembly file or an image; several on each other, lowest first, and `--monitor` below them all",
    )
    help = (
        "with `--under`: write the machine below it all, as both were last the same, to FILE for `debug --resume FILE`"
    )
    parser.add_argument("--save", type=written, metavar="FILE", help=help)


def under_choice(text: str) -> tuple[str, ...]:
    """Names of monitors, lowest first, with commas between, each `NAME` or `NAME:N`, MAX_DEPTH in all."""
    found: list[str] = []
    for level in text.split(","):
        monitor, colon, depth = level.rpartition(":")
        if colon and depth.isdecimal() and depth.isascii():
            found += [monitor] * min(int(depth[:4]), MAX_DEPTH + 1)
        else:
            found.append(level)
    if not found or "" in found or len(found) > MAX_DEPTH:
        raise argparse.ArgumentTypeError(
            f"`{text}` is not a monitor, `MONITOR:DEPTH`, or several with commas; {MAX_DEPTH} monitors in all"
        )
    return tuple(found)


def engine_choice(text: str) -> str:
    """The name of an engine."""
    if text not in ENGINES:
        raise argparse.ArgumentTypeError(
            f"`{text}` is not an engine: choose `{'`, `'.join(ENGINES[:-1])}` or `{ENGINES[-1]}`"
        )
    return text


def monitor_choice(text: str) -> MonitorChoice:
    """`none`; or techniques, lowest first, with commas between, each `NAME` or `NAME:N`, MAX_DEPTH in all."""
    if text == "none":
        return MonitorChoice()
    from monitor.techniques.catalogue import TECHNIQUES, read  # whoever wants no monitor does not wait for one

    techniques = read(text)
    if techniques is None or len(techniques) > MAX_DEPTH:
        raise argparse.ArgumentTypeError(
            f"`{text}` is not `none`, `{'`, `'.join(TECHNIQUES)}`, one of these with `:DEPTH`, or several with commas; "
            f"{MAX_DEPTH} monitors in all"
        )
    return MonitorChoice(techniques)


def one_technique(choice: MonitorChoice | None) -> "Technique":
    """Of a command that is about one monitor; the usual one if none was named. Raises UsageError for several."""
    from monitor.techniques import TRAP

    techniques = (TRAP,) if choice is None else choice.techniques
    if len(techniques) != 1:
        raise UsageError("this is about one monitor, from which any depth follows", "name one technique")
    return techniques[0]


def check_any_guest(techniques: "Sequence[Technique]") -> None:
    """Raises UsageError for a technique that is not right for any guest whatever."""
    for technique in techniques:
        if technique.replaces:
            raise UsageError(
                f"this is about any guest, and `{technique.name}` rests on what is replaced in one",
                f"`trapline verify MACHINE` judges it, `trapline compare GUEST --monitor {technique.name}` tries it",
            )


def definition(text: str) -> tuple[str, int]:
    """`NAME=VALUE`, or `NAME` for 1; the value as a number in decimal, 0x, 0b or 0o, with a sign or not."""
    name, equals, value = text.partition("=")
    try:
        return name, int(value[:100], 0) if equals else 1
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not NAME=VALUE with a number as its value") from None


def name(text: str) -> str:
    """A name that says something: an empty one is a slip, such as a variable of the shell that is not set."""
    if not text:
        raise argparse.ArgumentTypeError("an empty name names nothing")
    return text


def read(text: str) -> Read:
    """A file to read."""
    return Read(name(text))


def written(text: str) -> Written:
    """A file to write, or a folder to fill."""
    return Written(name(text))


def updated(text: str) -> Updated:
    """A file to read, and to write in place."""
    return Updated(name(text))


def count(text: str) -> int:
    """A whole number of at least 1, in decimal, 0x or 0b, with optional underscores."""
    value = natural(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"`{text}` must be at least 1")
    return value


def port(text: str) -> int:
    """A port of the loopback address, or 0 for any."""
    value = natural(text)
    if value > 65_535:
        raise argparse.ArgumentTypeError(f"`{text}` is not a port: from 0 to 65535")
    return value


def natural(text: str) -> int:
    """A whole number from 0 to 2^63 - 1."""
    try:
        value = int(text[:100], 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number") from None
    if not 0 <= value < 1 << 63:
        raise argparse.ArgumentTypeError(f"`{text}` must be from 0 to 2^63 - 1")
    return value
