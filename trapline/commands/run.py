"""Run a guest, bare or under monitors. What it prints goes to stdout, everything else to stderr.

Exit code 0 if it halts with exit code 0, else 1: the machine's description says where a guest leaves it. An interrupted
run, or one that the host failed, is saved: `--resume` goes on from there, bare or monitored.

examples:
  trapline run hello
  trapline run os --monitor trap --input -
  trapline run first.s --storage 4096 --trace first.trace
"""

import argparse
import os
import shlex
import sys
from functools import partial
from itertools import chain, count
from typing import TYPE_CHECKING

from trapline.options import (
    add_engine_option,
    add_guest_argument,
    add_monitor_option,
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

    from isa.machine import Exit
    from trapline.reports.lines import LineFile
    from trapline.running.launch import Launch
    from trapline.running.point import Point
    from trapline.running.session import Interruption
    from trapline.running.verdict import Verdict
    from trapline.state.shown import Shown

SUMMARY = "run a guest, bare or under monitors"


def configure(parser: argparse.ArgumentParser) -> None:
    add_guest_argument(parser, optional=True)
    add_run_options(parser, disk=updated)
    add_monitor_option(parser)
    add_engine_option(parser)
    add = parser.add_argument
    add("--exits", action="store_true", help="list the exits to the monitor by cause and source line")
    add(
        "--events",
        type=written,
        metavar="FILE",
        help="write every exit to the monitor to FILE, one JSON object per line",
    )
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
        go = partial(
            session.run,
            launched.rig.machine,
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
    if arguments.json:
        _emit(launched, end, found, kept, shown)
    else:
        _say(launched, found, arguments.exits)
        shown.say()
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
    named = {"--isa": arguments.isa, "--disk": arguments.disk}
    return shlex.join(["trapline", "run", "--resume", kept, *(w for n, v in named.items() if v for w in (n, v))])


def _say(launched: "Launch", found: "Verdict", exits: bool) -> None:
    """The summary, on a line of its own after whatever the guest printed."""
    console = launched.rig.console
    if console is not None and console.printed(-1) not in (b"", b"\n") and sys.stdout.isatty():
        print(flush=True)
    print(_headline(launched, found), file=sys.stderr)
    vm = launched.rig.virtual
    if vm is None:
        return
    from trapline.reports.exits import exit_table, share_line

    print(share_line(vm.statistics), file=sys.stderr)
    if exits:
        exit_table(vm.statistics, launched.image, sys.stderr)


def _headline(launched: "Launch", found: "Verdict") -> str:
    """`dice, bare on g3: halted after 854 steps (854 retired), exit code 0, seed 7`."""
    rig = launched.rig
    kind = {0: "bare", 1: "monitored"}.get(rig.depth, f"monitored {rig.depth} deep")
    seed = f", seed {rig.machine.seed}" if rig.machine.seed else ""
    return f"{launched.name}, {kind} on {rig.isa.name}: {found.text}{seed}"


def _emit(launched: "Launch", end: "Exit", found: "Verdict", kept: str | None, shown: "Shown") -> None:
    from isa.machine import Reason
    from trapline.output import emit_json
    from trapline.reports.exits import statistics_facts

    rig, vm = launched.rig, launched.rig.virtual
    emit_json(
        {
            "machine": rig.isa.name,
            "guest": launched.name,
            "depth": rig.depth,
            "engine": rig.engine,
            "seed": rig.machine.seed,
            "reason": end.reason.value,
            "detail": end.detail,
            "verdict": found.text,
            "exit_code": rig.exit_code if end.reason is Reason.HALT else None,
            "steps": end.steps,
            "retired": end.retired,
            "total_steps": rig.machine.steps,
            "output": rig.output.decode("utf-8", "backslashreplace"),
            "printed": rig.printed,
            "saved": kept,
            **shown.facts(),
            "statistics": statistics_facts(vm.statistics) if vm is not None else None,
        }
    )
