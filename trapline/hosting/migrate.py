"""`trapline host migrate`: move a machine to another host while it runs."""

import argparse
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

from trapline.hosting.moving import add_certificates, connected
from trapline.options import add_engine_option, natural, updated

if TYPE_CHECKING:
    from monitor.host.migration.leaving import Round


POLICIES = ("pre-copy", "post-copy")


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("folder", type=updated, metavar="DIR", help="the host's folder")
    add("name", type=str, metavar="NAME")
    add("address", type=str, metavar="ADDRESS", help="where the other host receives: a socket's path, or HOST:PORT")
    add("--downtime", type=natural, metavar="STEPS", default=2_000, help="it stands still for (default: %(default)s)")
    add("--rate", type=natural, metavar="STEPS", default=25, help="that sending an object takes (default: %(default)s)")
    add("--rounds", type=natural, metavar="N", default=10, help="before it is slowed down (default: %(default)s)")
    add("--policy", choices=POLICIES, default=POLICIES[0], help="post-copy: it leaves first, and the rest follows")
    add("--no-throttle", action="store_true", help="rather give up than slow it down")
    add_certificates(parser)
    add_engine_option(parser)


def run(arguments: argparse.Namespace) -> int:
    from monitor.host import Host
    from monitor.host.migration import Channel, Pace, migrate
    from trapline.output import emit_json, engine_in_use

    throttle, post_copy = not arguments.no_throttle, arguments.policy == POLICIES[1]
    pace = Pace(arguments.downtime, arguments.rate, arguments.rounds, throttle, post_copy)
    told = (lambda made: None) if arguments.json else _told
    with Host(arguments.folder, engine_in_use(arguments.engine)) as host:
        host.machine(arguments.name) if host.ledger.handed(arguments.name) is None else None
        with closing(Channel(connected(arguments))) as channel:
            outcome = migrate(host, arguments.name, channel, pace, told)
    if arguments.json:
        emit_json(asdict(outcome))
    elif outcome.arrived:
        print(f"{outcome.name} has arrived; it stood still for {outcome.downtime:,} steps")
        if pace.post_copy:
            print(f"it took {outcome.ahead:,} before all of it had come, and waited for {outcome.waited:,} objects")
    else:
        print(f"{outcome.name} is the other host's, which has not said that it knows: migrate it again to tell it")
    return 0 if outcome.arrived else 1


def _told(made: "Round") -> None:
    sent = f"{made.objects:,} objects, {made.bytes:,} bytes"
    slowed = f" of {made.steps + made.withheld:,}" if made.withheld else ""
    took = f"it took {made.steps:,}{slowed} steps meanwhile, and what it changed costs {made.downtime:,}"
    print(f"round {made.number}: {sent}; {took}", flush=True)
