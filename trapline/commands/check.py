"""Run guests bare and monitored, and check what their headers promise: what they print (`# prints:`), how they exit
(`# exit:`), within how many steps (`# steps:`). Exit code 1, with what came instead, if a promise is not kept.

The keys of a header are in docs/assembly.md. Without `# exit:` a guest promises to halt with exit code 0.

examples:
  trapline check first.s
  trapline check hello os fib --monitor trap:2
"""

import argparse
from typing import TYPE_CHECKING, Any

from trapline.options import add_engine_option, add_machine_option, add_monitor_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trapline.running.checking import Checked

SUMMARY = "check what the headers of guests promise, bare and monitored"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "guests", metavar="GUEST", nargs="+", help="a shipped guest (by name), or an assembly file (.s)"
    )
    add_machine_option(parser)
    add_monitor_option(parser, default="trap")
    add_engine_option(parser)


def run(arguments: argparse.Namespace) -> int:
    from isa.errors import UsageError
    from trapline.output import emit_json, engine_in_use
    from trapline.running.checking import check
    from trapline.running.programs import find

    engine, results = engine_in_use(arguments.engine), []
    towers = dict.fromkeys([(), arguments.monitor.techniques])
    for name in arguments.guests:
        program = find(name, arguments.isa)
        if program.guest is None:
            raise UsageError(f"{name} is an image, which has no header", "check its source")
        result = check(program, program.guest, towers, engine)
        results.append(result)
        if not arguments.json:
            print("\n".join(_lines(result)), flush=True)
    if arguments.json:
        emit_json({"engine": engine, "guests": [_facts(result) for result in results]})
    return 0 if all(result.kept for result in results) else 1


def _lines(result: "Checked") -> "Iterator[str]":
    said = "as promised" if result.kept else "NOT as promised"
    yield f"{result.program.name} on {result.program.isa.name}: {said}"
    yield from (f"  {doubt}" for doubt in result.doubts)
    for run in result.runs:
        where = {0: "bare", 1: "monitored"}.get(run.depth, f"monitored {run.depth} deep")
        if result.guest.notices and run.depth:
            yield f"  {where}: it notices the monitor, as promised" if run.broken else f"  {where}: it notices nothing"
        else:
            yield from (f"  {where}: {broken}" for broken in run.broken)
            yield from (f"    {line}".rstrip() for line in run.diff)


def _facts(result: "Checked") -> dict[str, Any]:
    return {
        "guest": result.program.name,
        "machine": result.program.isa.name,
        "kept": result.kept,
        "promised": sorted(result.guest.given),
        "doubts": list(result.doubts),
        "runs": [
            {
                "depth": run.depth,
                "monitors": run.monitors,
                "steps": run.steps,
                "broken": list(run.broken),
                "diff": list(run.diff),
            }
            for run in result.runs
        ],
    }
