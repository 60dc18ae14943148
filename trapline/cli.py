"""Entry point of the command line: parses arguments, runs one subcommand, turns every error into text and a code.

Exit codes: 0 fine; 1 the guest, the comparison or the theorem failed; 2 wrong usage; 3 a bad input file or a machine
that cannot be built; 4 a question to the solver stayed open; 70 a mistake of ours (`trapline.mistakes`); 130
interrupted, 143 by SIGTERM; 141 nobody reads the output any more. The subcommands are in `trapline.commands`.
"""

import argparse
import io
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, NoReturn

from isa.errors import TraplineError, UsageError
from isa.files.sources_read import noting
from trapline import commands
from trapline.interrupts import code
from trapline.output import emit_error
from trapline.running.claims import claim

USAGE, BROKEN_PIPE = 2, 141

_EPILOG = """exit codes: 0 fine, 1 the guest, the comparison or the theorem failed, 2 wrong usage,
3 bad input file, 4 a question stayed open, 130 or 143 interrupted.  A MACHINE is
a shipped name (see `trapline machines`) or PATH[:NAME] of a description of your own."""


class Help(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal. Argparse makes one for every option that is declared, and by itself would load
    `shutil` and all its archive formats to learn the width."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Prose as wide as the terminal; lines that are indented, such as examples, as they are."""
        from itertools import groupby

        parts: list[str] = []
        for raw, lines in groupby(text.strip().splitlines(), _is_raw):
            found = list(lines)
            parts += found if raw else _wrapped(" ".join(found), width)
        return "".join(f"{indent}{line}\n" for line in parts)


def _is_raw(line: str) -> bool:
    return not line or line[0] == " " or line[-1] == ":"


class Parser(argparse.ArgumentParser):
    """What is wrong with arguments is told in one line, with what may have been meant."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {_plainer(message)}{self.hint()}")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As always, but what nobody knows is told by the command that does not know it."""
        chosen, unknown = self.parse_known_args(args, namespace)
        if unknown:
            option = next((word for word in unknown if word.startswith("-")), "")
            asked: Parser = getattr(chosen, "parser", self)
            if not option and hasattr(chosen, "beside"):
                chosen.beside += unknown  # argparse asks for no more of them behind an option
                return chosen
            if not option:
                asked.error(f"there is one argument too many: `{unknown[0]}`")
            name = option.partition("=")[0]
            raise UsageError(f"{asked.prog}: there is no option `{name}`{_near(name, asked.options()) or asked.hint()}")
        return chosen

    def hint(self) -> str:
        return f"; see `{self.prog} --help`"

    def options(self) -> list[str]:
        return [option for action in self._actions for option in action.option_strings]


class Version(argparse.Action):
    """Print the version, and leave."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> None:
        from importlib.metadata import version

        print(f"trapline {version('trapline')}")
        parser.exit()


def _plainer(message: str) -> str:
    """A complaint of argparse's, as ours are."""
    return message.removeprefix("argument ").replace("the following arguments are required:", "what is missing:")


def _near(word: str, candidates: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, list(candidates), 2, 0.6)
    return f": did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else ""


def _wrapped(text: str, width: int) -> list[str]:
    from textwrap import wrap

    return wrap(text, width, break_long_words=False, break_on_hyphens=False)


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
    return {name: import_module(f"trapline.commands.{name}") for name in names()}


def names() -> list[str]:
    """The names of all subcommands."""
    from pkgutil import iter_modules

    return sorted(module.name for module in iter_modules(commands.__path__))


def asked(arguments: Sequence[str]) -> dict[str, ModuleType]:
    """The subcommand that the arguments begin with, by its name; all of them if they begin with none. Raises UsageError
    for what is none."""
    name = arguments[0] if arguments else ""
    if not name or name.startswith("-"):
        return subcommands()
    if not name.isidentifier() or name.startswith("_") or find_spec(f"trapline.commands.{name}") is None:
        near = _near(name, names()) or f"; commands are {', '.join(names())}"
        raise UsageError(f"trapline: there is no command `{name:.40}`{near}")
    return {name: import_module(f"trapline.commands.{name}")}


def build_parser(chosen: dict[str, ModuleType]) -> argparse.ArgumentParser:
    parser = Parser(
        prog="trapline",
        description="A Popek-Goldberg laboratory: describe a machine once, run it bare, run it virtualized, compare.",
        epilog=_EPILOG,
        formatter_class=Help,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="show the version, and exit")
    found = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    parser.set_defaults(perform=lambda arguments: _helpless(parser), json=False)
    for name, module in chosen.items():
        child = found.add_parser(name, help=module.SUMMARY, description=module.__doc__, formatter_class=Help)
        module.configure(child)
        child.add_argument("--json", action="store_true", help="write the result to stdout as one JSON object")
        child.set_defaults(perform=module.run, parser=child)
    return parser


def _helpless(parser: argparse.ArgumentParser) -> int:
    """What to do without a command: tell which there are."""
    parser.print_help(sys.stderr)
    return USAGE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises for what a user can cause."""
    _settle_streams()
    arguments = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in arguments
    try:
        chosen = build_parser(asked(arguments)).parse_args(arguments)
        as_json = chosen.json
        with noting():
            claim(chosen)
            ended: int = chosen.perform(chosen)
        sys.stdout.flush()
        return ended
    except SystemExit as leave:  # argparse has printed its help
        return leave.code if isinstance(leave.code, int) else USAGE
    except TraplineError as error:
        return _report(error, as_json)
    except BrokenPipeError:
        return _silence()
    except OSError as error:
        _give_up_stdout_if_broken()
        return _report(_explained(error), as_json)
    except KeyboardInterrupt as interrupt:
        print("\ninterrupted", file=sys.stderr)
        return code(interrupt)


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
