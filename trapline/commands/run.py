"""Run a guest, bare or under monitors. What it prints goes to stdout, everything else to stderr.

Exit code 0 if it halts with exit code 0, else 1: the machine's description says where a guest leaves it. An interrupted
run, or one that the host failed, is saved: `--resume` goes on from there, bare or monitored.

examples:
  trapline run hello
  trapline run os --monitor trap --input -
  trapline run os quicksort rogue --monitor trap --report three.html
  trapline run first.s --storage 4096 --trace first.trace
"""

import argparse
import os
import sys
from functools import partial
from itertools import chain, count
from typing import TYPE_CHECKING

from trapline.options import (
    add_engine_option,
    add_guest_argument,
    add_monitor_option,
    add_neighbours_argument,
    add_run_options,
    natural,
    read,
    updated,
    written,
)
from trapline.running.claims import used
from trapline.state.choice import add_dump_option
from trapline.tracing.options import add_choice_options, check_untraced

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from trapline.profiling.profile import Profile
    from trapline.profiling.watching import Watch
    from trapline.reports.lines import LineFile
    from trapline.running.launch import Launch
    from trapline.running.point import Point
    from trapline.running.session import Interruption
    from trapline.running.verdict import Verdict
    from trapline.running.watching import Resting

SUMMARY = "run a guest, bare or under monitors"


def configure(parser: argparse.ArgumentParser) -> None:
    add_guest_argument(parser, optional=True)
    add_neighbours_argument(parser)
    add_run_options(parser, disk=updated)
    add_monitor_option(parser)
    add_engine_option(parser)
    add = parser.add_argument
    add("--exits", action="store_true", help="list the exits to the monitor by cause and source line")
    add("--profile", action="store_true", help="show which source lines and routines took how many steps")
    add(
        "--events",
        type=written,
        metavar="FILE",
        help="write every exit to the monitor to FILE, one JSON object per line",
    )
    add("--report", type=written, metavar="FILE", help="write a page to FILE that shows the run in a browser")
    add("--trace", type=written, metavar="FILE", help="write a line for every step to FILE, or a record, to FILE.bin")
    add("--of", type=natural, metavar="LEVEL", help="trace the machine at this level; 0 is the real one")
    add_choice_options(parser)
    add("--record", type=written, metavar="FILE", help="record live input with its steps; FILE can then be an --input")
    add("--save", type=written, metavar="FILE", help="save the machine in FILE at the end of the run")
    add(
        "--break",
        dest="stop_at",
        metavar="WHERE",
        help="stop before the instruction at a label, FILE:LINE or pc; `--steps` counts from there on",
    )
    add_dump_option(parser, "at the end of the run")
    add("--resume", type=read, metavar="FILE", help="go on with the machine saved in FILE")


def run(arguments: argparse.Namespace) -> int:
    if arguments.beside:
        from trapline.profiling import together

        return together.run(arguments)
    from trapline.output import emit_json
    from trapline.profiling.result import Result
    from trapline.reports.lines import followed
    from trapline.running import session
    from trapline.running.launch import launch
    from trapline.running.verdict import verdict
    from trapline.state.shown import Shown

    with (
        launch(arguments) as launched,
        session.interruptible() as interruption,
        _traced(launched, arguments, interruption) as trace,
        followed(launched.rig, launched.image, arguments.events, interruption) as events,
        session.counting(_limit(launched, arguments), launched.visible, launched.terminal is None) as progress,
    ):
        if launched.sink is not None:
            launched.sink.before = progress.clear
        watch = _watched(launched, arguments)
        resting = _resting(launched)
        go = partial(
            session.run,
            watch or launched.rig.machine,
            interruption=interruption,
            terminal=launched.terminal,
            show=progress.show,
            slice=arguments.quantum or session.SLICE,
            # Somebody who types is heard at the end of each slice.
            longest=arguments.quantum or (session.SLICE if launched.terminal else session.LONGEST),
        )
        point = _prepare(launched, arguments)
        end = point.run(launched.rig.machine, go, progress.stop, arguments.steps) if point else go(progress.stop)
    if launched.sink is not None and launched.sink.broken:
        raise BrokenPipeError
    found = verdict(launched.rig, end, interruption.asked, trace.failure or events.failure)
    found = point.verdict(found, end) if point else found
    kept = _keep(launched, arguments, found)
    shown = Shown.at_end(launched, end, arguments.dump)
    rests = resting.found() if resting else None
    result = Result(launched, end, found, kept, shown, _profiled(launched, arguments), rests)
    if watch is not None:
        from trapline.profiling.report import write_report

        write_report(arguments.report, result, watch)
    if arguments.json:
        emit_json(result.facts())
    else:
        result.say(arguments.exits, arguments.profile)
        if kept:
            print(f"saved in {kept}; go on with `{_going_on(kept, arguments)}`", file=sys.stderr)
    return found.code


def _traced(
    launched: "Launch", arguments: argparse.Namespace, interruption: "Interruption"
) -> "AbstractContextManager[LineFile]":
    """Inside, what is to be traced goes to the file, if there is one."""
    if arguments.trace is None:
        from trapline.reports.lines import LineFile

        check_untraced(arguments)
        return LineFile("", interruption)
    from trapline.tracing.recording import traced

    return traced(launched, arguments, interruption)


def _watched(launched: "Launch", arguments: argparse.Namespace) -> "Watch | None":
    """The run as it is watched, if there is to be a report."""
    if arguments.report is None:
        return None
    from trapline.profiling.watching import Watch

    return Watch(launched.rig)


def _resting(launched: "Launch") -> "Resting | None":
    """What watches the assumptions on which the run rests, if it rests on any."""
    if launched.rig.virtual is None:
        return None
    from trapline.running.watching import resting_on

    return resting_on(launched.rig)


def _profiled(launched: "Launch", arguments: argparse.Namespace) -> "Profile | None":
    if not (arguments.profile or arguments.report):
        return None
    from trapline.profiling.profile import profile

    return profile(launched.rig.machine, launched.image)


def _prepare(launched: "Launch", arguments: argparse.Namespace) -> "Point | None":
    """The point to run to, if one is asked for. Raises UsageError for it, or for a dump of what is not there."""
    if arguments.dump:
        from trapline.state.dump import check_choice

        check_choice(launched.rig.machine, arguments.dump)
    if arguments.stop_at is None:
        return None
    from trapline.running.point import Point

    return Point.find(arguments.stop_at, launched.image)


def _limit(launched: "Launch", arguments: argparse.Namespace) -> int:
    """How many steps to run at most; with `--break` until the point, since `--steps` counts from there."""
    return launched.steps(None if arguments.stop_at else arguments.steps)


def _keep(launched: "Launch", arguments: argparse.Namespace, found: "Verdict") -> str | None:
    """Save the machine where that was asked for, or where work would be lost otherwise. The file's name, if saved."""
    if arguments.save is None and not found.resumable:
        return None
    from isa.errors import TraplineError
    from isa.machine.snapshot import Snapshot

    if arguments.save is not None:
        Snapshot.take(launched.rig.machine).save(arguments.save)
        return str(arguments.save)
    path = _free(launched.name.partition(".")[0] or "machine", arguments)
    try:
        Snapshot.take(launched.rig.machine).save(path)
    except TraplineError as error:
        print(error.render(), file=sys.stderr)
        return None
    return path


def _free(stem: str, arguments: argparse.Namespace) -> str:
    """A name that nothing has yet: what was saved before is kept."""
    names = chain([f"{stem}.saved"], (f"{stem}.{number}.saved" for number in count(2)))
    return next(name for name in names if not os.path.lexists(name) and not used(name, arguments))


def _going_on(kept: str, arguments: argparse.Namespace) -> str:
    """The command that goes on with a saved machine: what the file does not say stands in it again."""
    import shlex

    named = {"--isa": arguments.isa, "--disk": arguments.disk}
    return shlex.join(["trapline", "run", "--resume", kept, *(w for n, v in named.items() if v for w in (n, v))])
