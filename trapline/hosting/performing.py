"""A verb of a host or a look at it, from arguments to what is said. Who looks does not wait for who owns the folder."""

import argparse
from contextlib import closing, suppress
from typing import Any
from urllib.parse import quote

from trapline.hosting.daemon.client import asked, serving
from trapline.hosting.verbs import VERBS
from trapline.options import add_engine_option, updated

LOOKS = {
    "list": "all machines of a host",
    "show": "what is known of a machine, and its snapshots",
    "console": "what a machine has printed",
}


def configure(name: str, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=updated, metavar="DIR", help="the host's folder")
    if name in VERBS:
        VERBS[name].configure(parser)
        add_engine_option(parser)
    elif name != "list":
        parser.add_argument("name", type=str, metavar="NAME")


def run(arguments: argparse.Namespace) -> None:
    looks = {"list": _list, "show": _show, "console": _console}
    looks.get(arguments.action, _perform)(arguments)


def _perform(arguments: argparse.Namespace) -> None:
    from trapline.output import emit_json

    answer = _through(arguments) or _alone(arguments)
    if arguments.json:
        emit_json({"machines": answer["machines"]})
    else:
        print("\n".join(answer["lines"]))


def _through(arguments: argparse.Namespace) -> dict[str, Any] | None:
    """What the process that serves this host answers, if there is one."""
    connection = serving(arguments.folder)
    if connection is None:
        return None
    return asked(connection, "POST", f"/v1/{arguments.action}", VERBS[arguments.action].words(arguments))


def _alone(arguments: argparse.Namespace) -> dict[str, Any]:
    from monitor.host import Host
    from monitor.host.events import Events
    from monitor.host.looking import withdrawn
    from trapline.hosting.daemon.asking import answered
    from trapline.output import engine_in_use

    if arguments.action == "cancel":  # the host is owned by whoever migrates; then that one gives it up
        for name in arguments.names:
            withdrawn(arguments.folder, name)
    with Host(arguments.folder, engine_in_use(arguments.engine)) as host:
        before = host.machines()
        answer = answered(host, arguments.action, arguments)
        with suppress(OSError):  # what was done is done
            Events(arguments.folder).note(before, host.machines())
    return answer


def _list(arguments: argparse.Namespace) -> None:
    from monitor.host.looking import looked_at, service_at
    from trapline.hosting.told import account, table
    from trapline.output import emit_json, show

    with closing(looked_at(arguments.folder)) as ledger:
        records, service = ledger.machines(), service_at(arguments.folder, ledger)
    accounts = [account(service, record) for record in records]
    if arguments.json:
        both = zip(records, accounts, strict=True)
        emit_json({"machines": [{**record.facts(), "account": found} for record, found in both]})
    else:
        show(table(records, accounts if service is not None else None))


def _show(arguments: argparse.Namespace) -> None:
    from monitor.host.looking import looked_at, service_at
    from trapline.hosting.told import account, facts, page
    from trapline.output import emit_json

    with closing(looked_at(arguments.folder)) as ledger:
        record, snapshots = ledger.machine(arguments.name), ledger.snapshots(arguments.name)
        found = account(service_at(arguments.folder, ledger), record)
    if arguments.json:
        emit_json({**facts(record, snapshots), "account": found})
    else:
        print("\n".join(page(record, snapshots, found)))


def _console(arguments: argparse.Namespace) -> None:
    import sys

    from monitor.host import Host
    from trapline.output import emit_json

    connection = serving(arguments.folder)
    if connection is not None:
        told = asked(connection, "GET", f"/v1/machines/{quote(arguments.name, safe='')}/console")
        printed = told["output"].encode("latin-1")
    else:
        with Host(arguments.folder) as host:
            printed = host.output(arguments.name)
    if arguments.json:
        emit_json({"name": arguments.name, "output": printed.decode("latin-1")})
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(printed)
