"""`trapline host consolidate`: many servers on as few hosts as their service levels allow, and what came of it."""

import argparse

from trapline.options import add_engine_option, read, written


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", type=read, metavar="FILE", help="the servers, what they are asked, and the hosts")
    parser.add_argument("--svg", type=written, metavar="FILE", help="draw what is reserved where, and the latencies")
    add_engine_option(parser)


def run(arguments: argparse.Namespace) -> int:
    from isa.files.writing import write_whole
    from trapline.output import emit_json, engine_in_use, show
    from trapline.progress import Counter
    from trapline.running.claims import claim
    from trapline.serving.consolidation.packing import check_available
    from trapline.serving.consolidation.picture import drawn
    from trapline.serving.consolidation.plan import read_plan
    from trapline.serving.consolidation.result import consolidated
    from trapline.serving.consolidation.told import facts, parts

    check_available()
    plan = read_plan(arguments.plan)
    claim(arguments)
    with Counter("", "servers") as counter:
        found = consolidated(plan, engine_in_use(arguments.engine), counter.show)
    if arguments.svg:
        write_whole(arguments.svg, str(drawn(found)).encode())
    if arguments.json:
        emit_json(facts(found))
    else:
        for part in parts(found):
            print(part) if isinstance(part, str) else show(part)
    return 1 if found.broken else 0
