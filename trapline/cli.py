"""Entry point of the command line: parses arguments, runs one subcommand, turns every error into text and a code.

Exit codes: 0 fine; 1 the guest, the comparison or the theorem failed; 2 wrong usage; 3 a bad input file or a machine
that cannot be built; 4 a question to the solver stayed open; 130 interrupted; 141 nobody reads the output any more.
The subcommands are in `trapline.commands`.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from isa.errors import TraplineError
from trapline import commands
from trapline.output import emit_error

USAGE, INTERRUPTED, BROKEN_PIPE = 2, 130, 141

_EPILOG = """exit codes: 0 fine, 1 the guest, the comparison or the theorem failed, 2 wrong usage,
3 bad input file, 4 a question stayed open, 130 interrupted.  A MACHINE is a shipped name (see `trapline machines`)
or PATH[:NAME] of a description of your own."""


def subcommands() -> dict[str, ModuleType]:
    """Every subcommand by its name."""
    names = sorted(module.name for module in iter_modules(commands.__path__))
    return {name: import_module(f"trapline.commands.{name}") for name in names}


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trapline",
        description="A Popek-Goldberg laboratory: describe a machine once, run it bare, run it virtualized, compare.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in subcommands().items():
        child = found.add_parser(name, help=module.SUMMARY, description=module.__doc__)
        child.formatter_class = argparse.RawDescriptionHelpFormatter
        module.configure(child)
        child.add_argument("--json", action="store_true", help="write the result to stdout as one JSON object")
        child.set_defaults(perform=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises for what a user can cause."""
    _settle_streams()
    try:
        chosen = build_parser().parse_args(arguments)
    except SystemExit as leave:  # argparse has printed its help or its complaint
        return leave.code if isinstance(leave.code, int) else USAGE
    try:
        code: int = chosen.perform(chosen)
        sys.stdout.flush()
        return code
    except TraplineError as error:
        return _report(error, chosen.json)
    except BrokenPipeError:
        return _silence()
    except OSError as error:
        _give_up_stdout_if_broken()
        return _report(_explained(error), chosen.json)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return INTERRUPTED


def _settle_streams() -> None:
    """Streams that were closed are empty, and swallow what is written; no file that is opened later takes their place.
    Characters that a stream cannot show are spelled out."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _report(error: TraplineError, as_json: bool) -> int:
    try:
        emit_error(error, as_json)
    except BrokenPipeError:
        return _silence()
    except OSError:  # the complaint cannot be written either; its exit code still says what it is
        _give_up_stdout_if_broken()
    return error.exit_code


def _explained(error: OSError) -> TraplineError:
    """A host error that no room has turned into one of ours."""
    place = f"{error.filename}: " if error.filename else ""
    return TraplineError(f"{place}{(error.strerror or str(error)).lower()}")


def _silence() -> int:
    """Nobody reads stdout: leave quietly."""
    _give_up_stdout_if_broken()
    return BROKEN_PIPE


def _give_up_stdout_if_broken() -> None:
    """Keep the interpreter from flushing what cannot be written (a closed pipe, a full disk) on its way out."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
