"""How results leave: rich text for people, JSON for programs, errors on stderr.

Colour is decoration only. Rich drops it in a pipe and under NO_COLOR, and so nothing here says anything by colour.
"""

import json
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

from isa.errors import SourceError, TraplineError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_WORD = re.compile(r"^\s*\S+|\S+")  # the first one with what indents it
PIPE_WIDTH = 120  # columns of a table when stdout is not a terminal


def console(file: TextIO | None = None) -> "Console":
    """Where tables and text go: stdout or `file`, at the terminal's width, or as `PIPE_WIDTH` plain columns."""
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # as every other writer does; rich would leave with exit code 1

    file = file or sys.stdout
    width = None if file.isatty() else PIPE_WIDTH
    return Plain(file=file, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def show(renderable: "RenderableType", file: TextIO | None = None) -> None:
    """Print a table without the blanks that pad its lines."""
    file, out = file or sys.stdout, console(file)
    _keep_words(renderable)
    with out.capture() as captured:
        out.print(renderable, crop=False)
    file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def _keep_words(renderable: "RenderableType") -> None:
    """Where a table is too narrow, rich cuts words; it is rather made too wide."""
    from rich.table import Table

    if isinstance(renderable, Table):
        for column in renderable.columns:
            texts = [column.header, *column.cells]
            column.min_width = max((len(word) for text in texts for word in _WORD.findall(str(text))), default=0)


def emit_json(result: dict[str, Any]) -> None:
    """One JSON object on stdout."""
    print(json.dumps(result, indent=2))


def emit_error(error: TraplineError, as_json: bool) -> None:
    """The error on stderr as text; with `--json`, its parts on stdout too, so that a program need not parse text."""
    sys.stdout.flush()
    print(error.render(), file=sys.stderr)
    if as_json:
        emit_json({"error": error_parts(error)})


def engine_in_use(asked: str) -> str:
    """The engine that works under the name that was asked for. If it is another one, that is said on stderr."""
    from isa.engines.choice import FALLBACK, actual

    found = actual(asked)
    if found != asked:
        print(f"note: {FALLBACK}", file=sys.stderr)
    return found


def error_parts(error: TraplineError) -> dict[str, Any]:
    """What an error says, for JSON; `places` are those of its diagnostics, from 1."""
    parts: dict[str, Any] = {"message": error.message, "help": error.help, "exit_code": error.exit_code}
    if isinstance(error, SourceError):
        parts["places"] = [
            {"file": d.span.source.name, "line": d.span.line, "column": d.span.column, "message": d.message}
            for d in error.diagnostics
        ]
    return parts
