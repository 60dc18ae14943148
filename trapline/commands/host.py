"""A host: virtual machines that are defined once, and then started, paused, saved, copied and brought back. DIR is a
folder with a `host.toml`; docs/host.md explains it, and what the file of a machine says.

exit code: 0 done; 1 the machine does not take the verb in its state.

examples:
  trapline host define servers web.toml
  trapline host start servers web
  trapline host run servers --steps 1000000
  trapline host list servers
"""

import argparse
from contextlib import closing

from trapline.hosting.verbs import VERBS
from trapline.options import add_engine_option, updated

SUMMARY = "virtual machines that are kept, and what may be done with them"
LOOKS = {
    "list": "all machines of a host",
    "show": "what is known of a machine, and its snapshots",
    "console": "what a machine has printed",
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="VERB", required=True)
    for name, summary in {**{name: verb.summary for name, verb in VERBS.items()}, **LOOKS}.items():
        action = actions.add_parser(name, help=summary, description=summary, formatter_class=parser.formatter_class)
        action.add_argument("folder", type=updated, metavar="DIR", help="the host's folder")
        if name in VERBS:
            VERBS[name].configure(action)
            add_engine_option(action)
        elif name != "list":
            action.add_argument("name", type=str, metavar="NAME")
        action.add_argument("--json", action="store_true", help="write the result to stdout as one JSON object")
        action.set_defaults(parser=action)


def run(arguments: argparse.Namespace) -> int:
    if arguments.action in VERBS:
        _perform(arguments)
    else:
        {"list": _list, "show": _show, "console": _console}[arguments.action](arguments)
    return 0


def _perform(arguments: argparse.Namespace) -> None:
    from monitor.host import Host
    from trapline.hosting.told import line
    from trapline.output import emit_json, engine_in_use

    with Host(arguments.folder, engine_in_use(arguments.engine)) as host:
        records = VERBS[arguments.action].perform(host, arguments)
    if arguments.json:
        emit_json({"machines": [record.facts() for record in records]})
    elif records:
        print("\n".join(line(record) for record in records))
    else:
        print("no machine runs")


def _list(arguments: argparse.Namespace) -> None:
    from monitor.host.host import looked_at
    from trapline.hosting.told import table
    from trapline.output import emit_json, show

    with closing(looked_at(arguments.folder)) as ledger:
        records = ledger.machines()
    if arguments.json:
        emit_json({"machines": [record.facts() for record in records]})
    else:
        show(table(records))


def _show(arguments: argparse.Namespace) -> None:
    from monitor.host.host import looked_at
    from trapline.hosting.told import facts, page
    from trapline.output import emit_json

    with closing(looked_at(arguments.folder)) as ledger:
        record, snapshots = ledger.machine(arguments.name), ledger.snapshots(arguments.name)
    if arguments.json:
        emit_json(facts(record, snapshots))
    else:
        print("\n".join(page(record, snapshots)))


def _console(arguments: argparse.Namespace) -> None:
    import sys

    from monitor.host import Host
    from trapline.output import emit_json

    with Host(arguments.folder) as host:
        printed = host.output(arguments.name)
    if arguments.json:
        emit_json({"name": arguments.name, "output": printed.decode("latin-1")})
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(printed)
