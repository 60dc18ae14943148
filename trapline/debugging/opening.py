"""From what `trapline run` takes to a debugger: one place for all that debug, whatever they look like.

`opened` is for a command, whose parser was given the options by `configure`; `debugger_of` takes the same as plain
values, as a request from an editor has them.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from isa.errors import TraplineError, UsageError
from trapline.options import (
    DEFAULT_STEPS,
    add_engine_option,
    add_guest_argument,
    add_monitor_option,
    add_neighbours_argument,
    add_run_options,
    read,
    updated,
)

if TYPE_CHECKING:
    from trapline.debugging.moment import Moment
    from trapline.debugging.words import Debugger


def configure(parser: argparse.ArgumentParser, several: bool = True) -> None:
    """All that `run` takes and that has a meaning here."""
    add_guest_argument(parser, optional=True)
    if several:
        add_neighbours_argument(parser)
    add_run_options(parser, disk=updated)
    add_monitor_option(parser)
    add_engine_option(parser)
    parser.add_argument("--resume", type=read, metavar="FILE", help="begin with the machine saved in FILE")
    parser.set_defaults(moment=None, record=None, save=None, exits=False, events=None)


@contextmanager
def opened(arguments: argparse.Namespace) -> "Iterator[Debugger]":
    """A debugger before the guest's first step. What the guest prints goes to stdout, if `arguments.json` is false.
    Nobody but the debugger reads the terminal: what a guest reads is typed with its words. Raises TraplineError in all
    its kinds."""
    from trapline.debugging.debugged import Guest
    from trapline.debugging.words import Debugger
    from trapline.running.launch import launch

    if getattr(arguments, "beside", None):
        with _several(arguments) as debugger:
            yield debugger
        return
    if arguments.moment is not None:
        yield _at(arguments.moment, arguments)
        return
    if arguments.input == "-":
        raise UsageError("stdin is for the words of the debugger", "give the guest's input with `--input FILE`")
    with launch(arguments, debugged=True) as launched:
        machine = launched.rig.machine
        yield Debugger(Guest(machine, launched.image, machine.steps + launched.steps(arguments.steps)))


def _at(moment: "Moment", arguments: argparse.Namespace) -> "Debugger":
    """Before the step of a moment. Raises TraplineError for a run that does not come there."""
    from isa.engines.choice import DEFAULT
    from trapline.debugging.debugged import Guest
    from trapline.debugging.words import Debugger
    from trapline.output import engine_in_use
    from trapline.running.launch import Stdout, restored

    sys.stdout.flush()  # the guest writes past Python's buffer
    engine = moment.engine if arguments.engine == DEFAULT else arguments.engine
    rig = restored(moment.start, moment.isa, 0, engine_in_use(engine), None if arguments.json else Stdout())
    limit = max(arguments.steps or DEFAULT_STEPS, moment.step + 1)
    debugger = Debugger(Guest(rig.machine, moment.image, limit))
    debugger.history.go(moment.step)
    if rig.machine.steps != moment.step:
        message = f"the run ends at step {rig.machine.steps:,}, before step {moment.step:,}"
        raise TraplineError(message, "have it written again: the file does not fit this release")
    return debugger


@contextmanager
def _several(arguments: argparse.Namespace) -> "Iterator[Debugger]":
    from monitor.history.course import Course
    from trapline.debugging.debugged import Guest
    from trapline.debugging.words import Debugger
    from trapline.running.neighbours import neighbours

    with neighbours(arguments, debugged=True) as found:
        course = Course(found.schedule())
        yield Debugger(*(Guest(one.machine, one.program.image, found.steps, one.name, course) for one in found.all))


@contextmanager
def debugger_of(guest: str | None, *beside: str, **options: object) -> "Iterator[Debugger]":
    """The same from plain values, by the names of the options: `debugger_of("os", monitor="trap:2", steps=10_000)`.
    What the guest prints is on its console alone. Raises UsageError for an option that does not exist."""
    parser = _Plain(prog="trapline debug", add_help=False, allow_abbrev=False)
    configure(parser)
    parser.set_defaults(json=True)
    given = [*beside] if guest is None else [guest, *beside]
    arguments = parser.parse_args([*_written(options), "--", *given])
    with opened(arguments) as debugger:
        yield debugger


class _Plain(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message.removeprefix("argument "), "the options are those of `trapline run`")


def _written(options: dict[str, object]) -> Iterator[str]:
    """Options as a command line has them: a list is an option given more than once."""
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        for one in value if isinstance(value, list | tuple) else [value]:
            if one is True:
                yield option
            elif one is not None and one is not False:
                yield f"{option}={one}"
