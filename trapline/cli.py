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
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from isa.errors import TraplineError
from isa.files.sources_read import noting
from trapline import commands
from trapline.output import emit_error
from trapline.running.claims import claim

USAGE, INTERRUPTED, BROKEN_PIPE = 2, 130, 141

_EPILOG = """exit codes: 0 fine, 1 the guest, the comparison or the theorem failed, 2 wrong usage,
3 bad input file, 4 a question stayed open, 130 interrupted.  A MACHINE is a shipped name (see `trapline machines`)
or PATH[:NAME] of a description of your own."""


class Help(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal. Argparse makes one for every option that is declared, and by itself would load
    `shutil` and all its archive formats to learn the width."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """As `shutil.get_terminal_size`."""
    with suppress(ValueError):
        columns = int(os.environ.get("COLUMNS", ""))
        if columns > 0:
            return columns
    with suppress(OSError, ValueError, AttributeError):
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    return 80


def subcommands() -> dict[str, ModuleType]:
    """Every subcommand by its name."""
    from pkgutil import iter_modules

    names = sorted(module.name for module in iter_modules(commands.__path__))
    return {name: import_module(f"trapline.commands.{name}") for name in names}


def asked(arguments: Sequence[str]) -> dict[str, ModuleType]:
    """The subcommand that the arguments begin with, by its name; all of them if they begin with none."""
    name = arguments[0] if arguments else ""
    if not name.isidentifier() or name.startswith("_") or find_spec(f"trapline.commands.{name}") is None:
        return subcommands()
    return {name: import_module(f"trapline.commands.{name}")}


def build_parser(chosen: dict[str, ModuleType]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trapline",
        description="A Popek-Goldberg laboratory: describe a machine once, run it bare, run it virtualized, compare.",
        epilog=_EPILOG,
        formatter_class=Help,
    )
    found = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in chosen.items():
        child = found.add_parser(name, help=module.SUMMARY, description=module.__doc__, formatter_class=Help)
        module.configure(child)
        child.add_argument("--json", action="store_true", help="write the result to stdout as one JSON object")
        child.set_defaults(perform=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises for what a user can cause."""
    _settle_streams()
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        chosen = build_parser(asked(arguments)).parse_args(arguments)
    except SystemExit as leave:  # argparse has printed its help or its complaint
        return leave.code if isinstance(leave.code, int) else USAGE
    try:
        with noting():
            claim(chosen)
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
