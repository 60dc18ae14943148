"""Run one guest under every kind of monitor: is it as on the bare machine, how much ran directly, what did it cost?
docs/monitors.md explains the kinds.

Columns: share of the steps run directly; exits by decision; steps of a monitor that is itself a program for each step
of the guest; the time of the run as a multiple of the bare one's, for guests that run long enough. A kind that cannot
be had says why.

exit code: 0 whatever is found.

examples:
  trapline techniques os
  trapline techniques popf --isa g3_popf --chart popf.svg
"""

import argparse

from trapline.options import DEFAULT_STEPS, add_engine_option, add_guest_argument, add_run_options, written

SUMMARY = "one guest under every kind of monitor, side by side"


def configure(parser: argparse.ArgumentParser) -> None:
    add_guest_argument(parser)
    add_run_options(parser)
    add_engine_option(parser)
    parser.add_argument("--chart", type=written, metavar="FILE", help="draw the times into FILE as SVG")


def run(arguments: argparse.Namespace) -> int:
    from isa.files.writing import write_whole
    from trapline.commands.compare import setup_of
    from trapline.drawing import bars as chart
    from trapline.kinds.catalogue import KINDS
    from trapline.kinds.kind import Case, timed
    from trapline.kinds.shown import charted, facts, notes, table
    from trapline.output import emit_json, engine_in_use, show
    from trapline.progress import Counter
    from trapline.running.claims import claim
    from trapline.running.programs import find

    program = find(arguments.guest, arguments.isa, arguments.define)
    claim(arguments)
    engine = engine_in_use(arguments.engine)
    case = Case(program, setup_of(arguments, program, engine), arguments.steps or DEFAULT_STEPS)
    found = []
    with Counter(f"{program.name}: ", "kinds of monitor") as counter:
        for number, kind in enumerate(KINDS):
            counter.show(number, len(KINDS))
            found.append(kind.tried(case))
        found = timed(found)
    title = f"{program.name} on {program.isa.name}"
    measure, bars = charted(found)
    if arguments.chart:
        write_whole(arguments.chart, str(chart.drawn(f"{title}: {measure}", bars)).encode())
    if arguments.json:
        told = {"guest": program.name, "machine": program.isa.name, "engine": engine}
        emit_json({**told, "monitors": [facts(one) for one in found]})
        return 0
    print(f"{title}:")
    show(table(found))
    print("\n".join(["", *notes(found), "", f"{measure}:", *chart.written(bars)]))
    return 0
