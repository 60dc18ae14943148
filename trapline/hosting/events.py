"""`trapline host events`: what happened to the machines of a host, a line of JSON for each change of state."""

import argparse
import json
import time

from trapline.options import natural, read

LOOK = 0.2  # seconds


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=read, metavar="DIR", help="the host's folder")
    parser.add_argument("--since", type=natural, metavar="N", default=0, help="only those of a greater number")
    parser.add_argument("--follow", action="store_true", help="wait for more, until interrupted")


def run(arguments: argparse.Namespace) -> int:
    from monitor.host import events
    from monitor.host.looking import looked_at

    looked_at(arguments.folder).close()
    last = arguments.since
    while True:
        for event in events.read(arguments.folder, last):
            print(json.dumps(event), flush=True)
            last = event["number"]
        if not arguments.follow:
            return 0
        time.sleep(LOOK)
