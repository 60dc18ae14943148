"""Run a guest, bare or under monitors. What it prints goes to stdout, everything else to stderr.

Exit code 0 if it halts and leaves 0 in its register 1, else 1. An interrupted run, or one that the host failed, is
saved: `--resume` goes on from there, bare or monitored.

examples:
  trapline run hello
  trapline run os --monitor trap --input -
  trapline run first.s --storage 4096 --trace first.trace
"""

import argparse
import shlex
import sys
from typing import TYPE_CHECKING

from trapline.options import add_engine_option, add_guest_argument, add_monitor_option, add_run_options, name

if TYPE_CHECKING:
    from isa.machine import Exit
    from trapline.running.launch import Launch
    from trapline.running.verdict import Verdict

SUMMARY = "run a guest, bare or under monitors"


def configure(parser: argparse.ArgumentParser) -> None:
    add_guest_argument(parser, optional=True)
    add_run_options(parser)
    add_monitor_option(parser)
    add_engine_option(parser)
    add = parser.add_argument
    add("--exits", action="store_true", help="list the exits to the monitor by cause and source line")
    add("--events", type=name, metavar="FILE", help="write every exit to the monitor to FILE, one JSON object per line")
    add("--trace", type=name, metavar="FILE", help="write a line for every step to FILE; `-` is stderr")
    add("--record", type=name, metavar="FILE", help="record live input with its steps; FILE can then be an --input")
    add("--save", type=name, metavar="FILE", help="save the machine in FILE at the end of the run")
    add("--resume", type=name, metavar="FILE", help="go on with the machine saved in FILE")


def run(arguments: argparse.Namespace) -> int:
    from trapline.reports.lines import followed, traced
    from trapline.running import session
    from trapline.running.launch import launch
    from trapline.running.verdict import verdict

    with (
        launch(arguments) as launched,
        session.interruptible() as interruption,
        traced(launched.rig, arguments.trace, interruption) as trace,
        followed(launched.rig, launched.image, arguments.events, interruption) as events,
        session.counting(launched.steps(arguments.steps), launched.visible, launched.terminal is None) as progress,
    ):
        if launched.sink is not None:
            launched.sink.before = progress.clear
        end = session.run(
            launched.rig.machine,
            progress.stop,
            interruption,
            launched.terminal,
            progress.show,
            arguments.quantum or session.SLICE,
            # Somebody who types is heard at the end of each slice.
            session.SLICE if arguments.quantum or launched.terminal else session.LONGEST,
        )
    if launched.sink is not None and launched.sink.broken:
        raise BrokenPipeError
    found = verdict(launched.rig, end, interruption.asked, trace.failure or events.failure)
    kept = _keep(launched, arguments, found)
    if arguments.json:
        _emit(launched, end, found, kept)
    else:
        _say(launched, found, arguments.exits)
        if kept:
            print(f"saved in {kept}; go on with `{_going_on(kept, arguments)}`", file=sys.stderr)
    return found.code


def _keep(launched: "Launch", arguments: argparse.Namespace, found: "Verdict") -> str | None:
    """Save the machine where that was asked for, or where work would be lost otherwise. The file's name, if saved."""
    if arguments.save is None and not found.resumable:
        return None
    from isa.errors import TraplineError
    from isa.machine.snapshot import Snapshot

    if arguments.save is not None:
        Snapshot.take(launched.rig.machine).save(arguments.save)
        return str(arguments.save)
    path = arguments.resume or f"{launched.name}.saved"
    try:
        Snapshot.take(launched.rig.machine).save(path)
    except TraplineError as error:
        print(error.render(), file=sys.stderr)
        return None
    return path


def _going_on(kept: str, arguments: argparse.Namespace) -> str:
    """The command that goes on with a saved machine: what the file does not say stands in it again."""
    named = {"--isa": arguments.isa, "--disk": arguments.disk}
    return shlex.join(["trapline", "run", "--resume", kept, *(w for n, v in named.items() if v for w in (n, v))])


def _say(launched: "Launch", found: "Verdict", exits: bool) -> None:
    """The summary, on a line of its own after whatever the guest printed."""
    if launched.rig.output[-1:] not in (b"", b"\n") and sys.stdout.isatty():
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


def _emit(launched: "Launch", end: "Exit", found: "Verdict", kept: str | None) -> None:
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
            "saved": kept,
            "statistics": statistics_facts(vm.statistics) if vm is not None else None,
        }
    )
