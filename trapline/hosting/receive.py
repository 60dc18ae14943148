"""`trapline host receive`: take machines that other hosts send."""

import argparse
import os
from contextlib import closing

from trapline.hosting.daemon.client import Connection, asked, serving
from trapline.hosting.moving import Listening, add_certificates, located
from trapline.hosting.verbs import Command
from trapline.options import count, updated, written


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=updated, metavar="DIR", help="the host's folder")
    options(parser)


def options(parser: argparse.ArgumentParser) -> None:
    """What is said besides the host's folder."""
    parser.add_argument(
        "--listen", type=written, metavar="ADDRESS", required=True, help="a socket's path, or HOST:PORT"
    )
    parser.add_argument("--times", type=count, metavar="N", help="end after so many machines")
    add_certificates(parser)


def run(arguments: argparse.Namespace) -> int:
    from isa.errors import TraplineError
    from monitor.host import Host
    from monitor.host.migration import Channel, receive
    from trapline.output import emit_json

    server = serving(arguments.folder)
    if server is not None:
        return _through(arguments, server)
    names: list[str] = []
    with closing(Listening(arguments)) as listening, Host(arguments.folder) as host:
        if not arguments.json:
            print(f"{arguments.folder} receives at {listening.address}", flush=True)
        while arguments.times is None or len(names) < arguments.times:
            connection = listening.accept()
            if connection is None:
                continue
            with closing(Channel(connection)) as channel:
                try:
                    name = receive(host, channel)
                except TraplineError as error:
                    if not arguments.json:
                        print(f"not taken: {error.message}", flush=True)
                    continue
            if name is not None:
                names.append(name)
                if not arguments.json:
                    print(f"{name} has arrived at step {host.machine(name).point.steps:,}", flush=True)
        if arguments.json:
            emit_json({"machines": [host.machine(name).facts() for name in names]})
    return 0


def _through(arguments: argparse.Namespace, connection: Connection) -> int:
    """Have the process do it that serves this host, from now on."""
    from trapline.output import emit_json

    arguments.listen = located(arguments.listen, os.path.abspath)
    words = Command("", options, lambda host, arguments: []).words(arguments)
    answer = asked(connection, "POST", "/v1/receive", words)
    if arguments.json:
        emit_json({"machines": [], "address": answer["address"]})
    else:
        print("\n".join(answer["lines"]))
    return 0
