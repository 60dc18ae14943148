"""`trapline host receive`: take machines that other hosts send."""

import argparse
from contextlib import closing

from trapline.hosting.moving import Listening, add_certificates
from trapline.options import count, updated, written


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=updated, metavar="DIR", help="the host's folder")
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
