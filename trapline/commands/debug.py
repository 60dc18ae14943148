"""Debug a guest, forwards and backwards.

It takes what `run` takes. At a terminal it is an application with a key for every word, if `trapline[tui]` is there;
else, and with `--plain`, it takes words: `step`, `at loop`, `until psw.mode == user`, `back trap`, `last [counter]`.
`help` lists them; docs/debug.md explains all of it.

examples
  trapline debug hello
  trapline debug os --monitor trap --batch words.txt
  trapline debug os --web
  trapline debug os quicksort --monitor trap      both; `guest NAME` chooses
  trapline debug --at sgdt.json      both sides, as `compare` has left them
"""

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from trapline.combinations import Usual
from trapline.debugging import opening
from trapline.options import port, read

if TYPE_CHECKING:
    from trapline.debugging.lockstep import Lockstep
    from trapline.debugging.moment import Moment
    from trapline.debugging.told import Told
    from trapline.debugging.words import Debugger

Say = Callable[[str], None]
SUMMARY = "debug a guest, forwards and backwards, on the screen, by words, or in a browser"
PROMPT = "(trapline) "
NOT_HERE = "run stretch by stretch, as a debugger runs them, the two do not part at this step"
MARGIN = 11  # columns for the name of a side
LONGEST = 1 << 20  # bytes of a batch


def configure(parser: argparse.ArgumentParser) -> None:
    opening.configure(parser)
    parser.add_argument("--batch", type=read, metavar="FILE", help="do the words of FILE, one line each, and end")
    at = "open the step in FILE: of `trapline compare --difference FILE`, on both sides, or of `trapline lab check`"
    parser.add_argument("--at", type=read, metavar="FILE", help=at)
    parser.add_argument("--plain", action="store_true", help="words at a prompt, and nothing drawn")
    parser.add_argument("--web", action="store_true", help="the application in a browser on this machine")
    parser.add_argument("--port", type=port, default=Usual(0), metavar="N", help="of `--web` (default: a free one)")


def run(arguments: argparse.Namespace) -> int:
    from trapline.screen import start

    arguments.moment = _moment(arguments)
    if arguments.moment is not None and arguments.moment.monitors:
        return _beside(arguments.moment, arguments)
    if start.wanted(arguments):
        return start.show(arguments)
    with opening.opened(arguments) as debugger:
        return _talk(debugger, partial(_as_json if arguments.json else _as_text, debugger), arguments)


def _talk(told: "Told", say: Say, arguments: argparse.Namespace) -> int:
    say("where")
    return _converse(told, say) if arguments.batch is None else _batch(told, say, arguments.batch, not arguments.json)


def _moment(arguments: argparse.Namespace) -> "Moment | None":
    """What `--at` names."""
    if arguments.at is None:
        return None
    from trapline.combinations import check_at, check_both
    from trapline.debugging.moment import Moment

    check_at(arguments)
    found = Moment.load(arguments.at)
    if found.monitors:
        check_both(arguments)
    return found


def _beside(found: "Moment", arguments: argparse.Namespace) -> int:
    """Words to both sides of a difference."""
    from isa.engines.choice import DEFAULT
    from trapline.debugging.lockstep import opened

    engine = None if arguments.engine == DEFAULT else arguments.engine
    both = opened(found, engine, arguments.steps)
    if not arguments.json:
        print(found.title)
    if not both.parts:
        print(f"note: {NOT_HERE}", file=sys.stderr)
    return _talk(both, partial(_both_as_json if arguments.json else _both_as_text, both), arguments)


def _both_as_text(both: "Lockstep", line: str) -> None:
    """Each line behind the side that it is of."""
    for side, text in both.do(line):
        print(f"{side:<{MARGIN}}{text}", flush=True)


def _both_as_json(both: "Lockstep", line: str) -> None:
    lines = [{"side": side, "text": text} for side, text in both.do(line)]
    where = {"bare": _where(both.bare), "monitored": _where(both.monitored)}
    print(json.dumps({"word": line, "lines": lines, **where}), flush=True)


def _batch(told: "Told", say: Say, path: str, repeat: bool) -> int:
    """Words from a file, each shown first if they are to be repeated. The first that cannot be done ends it, with its
    line."""
    from isa.errors import TraplineError, UsageError

    for number, line in enumerate(map(str.strip, _lines(path)), 1):
        if line and not line.startswith("#") and not told.over:
            if repeat:
                print(f"{PROMPT}{line}")
            try:
                say(line)
            except TraplineError as error:
                raise UsageError(f"{path}:{number}: {error.render().removeprefix('error: ')}") from None
    return 0


def _lines(path: str) -> list[str]:
    from isa.errors import TraplineError
    from isa.files.sources_read import read_noted
    from isa.files.texts import decoded

    try:
        data = sys.stdin.buffer.read(LONGEST + 1) if path == "-" else read_noted(path, LONGEST)
    except OSError as error:
        raise TraplineError(f"cannot read `{path}`: {error.strerror or error}") from None
    if len(data) > LONGEST:
        raise TraplineError(f"`{path}` is larger than {LONGEST} bytes", "say less at a time")
    return decoded(path, data).text.splitlines()


def _converse(told: "Told", say: Say) -> int:
    """Words from whoever sits there. What cannot be done is said, and nothing is lost."""
    from isa.errors import TraplineError

    with suppress(ImportError):
        import readline  # noqa: F401  # lines can be edited and found again
    while not told.over:
        try:
            line = input(PROMPT)
            if not told.branches(line) or _agreed(told):
                say(line)
        except TraplineError as error:
            print(error.render(), file=sys.stderr)
        except EOFError:
            print()
            break
    return 0


def _agreed(told: "Told") -> bool:
    """Whether what came after the present step may be given up. Somebody is asked who sits at a terminal; whoever else
    writes words has decided that beforehand."""
    if not sys.stdin.isatty():
        return True
    question = f"This gives up the {told.ahead:,} steps that came after. Go on? [y/N] "
    return input(question).strip().lower() in ("y", "yes")


def _as_text(debugger: "Debugger", line: str) -> None:
    """On lines of their own, after whatever the guest has printed meanwhile."""
    before = debugger.printed
    for number, shown in enumerate(debugger.do(line)):
        if not number and debugger.printed > before and not debugger.at_line_start:
            print()
        print(shown, flush=True)


def _as_json(debugger: "Debugger", line: str) -> None:
    """An object on a line of its own: docs/debug.md lists its keys."""
    lines = list(debugger.do(line))
    print(json.dumps({"word": line, "lines": lines, **_where(debugger)}), flush=True)


def _where(debugger: "Debugger") -> dict[str, Any]:
    machine = debugger.machine
    where: dict[str, Any] = {
        "step": machine.steps,
        "newest": debugger.history.newest,
        "pc": machine.state[machine.isa.pc],
    }
    if len(debugger.guests) > 1:
        where |= {"guest": debugger.present.name, "clock": debugger.history.clock}
    return {**where, "halted": machine.halted}
