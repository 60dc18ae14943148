"""`trapline host migrate`: move a machine to another host while it runs."""

import argparse
import os
import time
from contextlib import closing, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from isa.errors import TraplineError
from trapline.hosting.daemon.client import Answered, Connection, asked, serving
from trapline.hosting.moving import add_certificates, connected, located
from trapline.hosting.verbs import Command
from trapline.options import add_engine_option, natural, updated

if TYPE_CHECKING:
    from monitor.host.migration import Pace
    from monitor.host.migration.leaving import Round, Told

POLICIES = ("pre-copy", "post-copy")
LOOK = 0.05  # seconds between two looks at a move that another process does


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=updated, metavar="DIR", help="the host's folder")
    options(parser)
    add_engine_option(parser)


def options(parser: argparse.ArgumentParser) -> None:
    """What is said besides the host's folder."""
    add = parser.add_argument
    add("name", type=str, metavar="NAME")
    add("address", type=str, metavar="ADDRESS", help="where the other host receives: a socket's path, or HOST:PORT")
    add("--downtime", type=natural, metavar="STEPS", default=2_000, help="it stands still for (default: %(default)s)")
    add("--rate", type=natural, metavar="STEPS", default=25, help="that sending an object takes (default: %(default)s)")
    add("--rounds", type=natural, metavar="N", default=10, help="before it is slowed down (default: %(default)s)")
    add("--policy", choices=POLICIES, default=POLICIES[0], help="post-copy: it leaves first, and the rest follows")
    add("--no-throttle", action="store_true", help="rather give up than slow it down")
    add_certificates(parser)


def pace(arguments: argparse.Namespace) -> "Pace":
    from monitor.host.migration import Pace

    throttle, post_copy = not arguments.no_throttle, arguments.policy == POLICIES[1]
    return Pace(arguments.downtime, arguments.rate, arguments.rounds, throttle, post_copy)


def run(arguments: argparse.Namespace) -> int:
    from trapline.output import emit_json

    told = (lambda made: None) if arguments.json else _told
    connection = serving(arguments.folder)
    outcome = _through(arguments, connection, told) if connection is not None else _alone(arguments, told)
    if arguments.json:
        emit_json(outcome)
    elif outcome["arrived"]:
        print(f"{arguments.name} has arrived; it stood still for {outcome['downtime']:,} steps")
        if arguments.policy == POLICIES[1]:
            took, waited = f"{outcome['ahead']:,}", f"{outcome['waited']:,}"
            print(f"it took {took} before all of it had come, and waited for {waited} objects")
    else:
        print(f"{arguments.name} is the other host's, which has not said that it knows: migrate it again to tell it")
    return 0 if outcome["arrived"] else 1


def _alone(arguments: argparse.Namespace, told: "Told") -> dict[str, Any]:
    from monitor.host import Host
    from monitor.host.migration import Channel, migrate
    from trapline.output import engine_in_use

    with Host(arguments.folder, engine_in_use(arguments.engine)) as host:
        host.machine(arguments.name) if host.ledger.handed(arguments.name) is None else None
        with closing(Channel(connected(arguments))) as channel:
            return asdict(migrate(host, arguments.name, channel, pace(arguments), told))


def _through(arguments: argparse.Namespace, connection: Connection, told: "Told") -> dict[str, Any]:
    """Have the process do it that serves this host, and follow it. Whoever interrupts this cancels."""
    from monitor.host.migration.leaving import Round

    arguments.address = located(arguments.address, os.path.abspath)
    words = Command("", options, lambda host, arguments: []).words(arguments)
    move = asked(connection, "POST", "/v1/migrate", words)["migration"]
    seen = 0
    try:
        while True:
            for made in move["rounds"][seen:]:
                told(Round(**made))
            seen = len(move["rounds"])
            if move["status"] != "active":
                break
            time.sleep(LOOK)
            move = _known(arguments)
    except KeyboardInterrupt:
        again = serving(arguments.folder)
        if again is not None:
            with suppress(TraplineError):
                asked(again, "POST", "/v1/cancel", [arguments.name])
        raise
    if move["error"] is not None:
        raise Answered(move["error"])
    found: dict[str, Any] = move["outcome"]
    return found


def _known(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the process knows of the move."""
    connection = serving(arguments.folder)
    moves = asked(connection, "GET", "/v1/migrations")["migrations"] if connection is not None else []
    found: dict[str, Any] | None = next((move for move in moves if move["name"] == arguments.name), None)
    if found is None:
        raise TraplineError(f"the process that serves {arguments.folder} is gone", "serve it again, and look")
    return found


def _told(made: "Round") -> None:
    sent = f"{made.objects:,} objects, {made.bytes:,} bytes"
    slowed = f" of {made.steps + made.withheld:,}" if made.withheld else ""
    took = f"it took {made.steps:,}{slowed} steps meanwhile, and what it changed costs {made.downtime:,}"
    print(f"round {made.number}: {sent}; {took}", flush=True)
