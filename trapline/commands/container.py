"""Containers: groups of processes on one kernel, from images in the OCI's image layout (docs/containers.md). Virtual
machines can be held beside them.

exit code: 0 done; 1 a container failed, or a promise does not hold; 3 an image or a recipe cannot be used, and why; 4 a
promise stayed open.

examples:
  trapline container build web.toml -o web
  trapline container run web=times:3 mail.tar
  trapline container pack web -o web.disk
  trapline container compare
"""

import argparse

from trapline.containers import prove
from trapline.containers.verbs import VERBS
from trapline.options import add_engine_option

SUMMARY = "images in the OCI's layout, built and run as containers of one kernel"


def _compare(arguments: argparse.Namespace) -> int:
    from trapline.bench.contained.report import counted, facts, tables
    from trapline.output import emit_json, engine_in_use, show
    from trapline.progress import Line

    with Line() as line:
        found = counted(engine_in_use(arguments.engine), line.show)
    if arguments.json:
        emit_json(facts(found))
        return 0
    for number, table in enumerate(tables(found)):
        print(end="\n" if number else "")
        show(table)
    return 0


COMPARE = "count what containers cost beside virtual machines, and what becomes of either under attack"


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    told = {name: (verb.summary, verb.configure) for name, verb in VERBS.items()}
    told |= {"compare": (COMPARE, add_engine_option), "prove": (prove.SUMMARY, prove.configure)}
    for name, (summary, configure) in told.items():
        action = actions.add_parser(name, help=summary, description=summary, formatter_class=parser.formatter_class)
        configure(action)
        action.add_argument("--json", action="store_true", help="write the result to stdout as one JSON object")
        action.set_defaults(parser=action)


def run(arguments: argparse.Namespace) -> int:
    if arguments.action == "compare":
        return _compare(arguments)
    if arguments.action == "prove":
        return prove.run(arguments)
    from trapline.output import emit_json

    facts, lines, code = VERBS[arguments.action].perform(arguments)
    if arguments.json:
        emit_json(facts)
    else:
        print("\n".join(lines))
    return code
