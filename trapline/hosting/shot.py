"""`trapline host shot` and `trapline host recording`: what a machine's screen shows, as a picture; and what was done at
its keyboard and pointer, as `trapline screen --replay` takes it."""

import argparse
from typing import TYPE_CHECKING
from urllib.parse import quote

from trapline.hosting.daemon.client import fetched, serving
from trapline.options import updated, written

if TYPE_CHECKING:
    from monitor.host import Host

WHAT = {"shot": "screen", "recording": "recording"}  # as the interface calls it


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=updated, metavar="DIR", help="the host's folder")
    parser.add_argument("name", type=str, metavar="NAME")
    parser.add_argument("-o", "--output", type=written, metavar="FILE", required=True, help="where to keep it")


def run(arguments: argparse.Namespace) -> int:
    from isa.files.writing import write_whole
    from trapline.output import emit_json
    from trapline.running.claims import claim

    claim(arguments)
    data = _asked(arguments.folder, arguments.name, WHAT[arguments.action])
    write_whole(arguments.output, data)
    if arguments.json:
        emit_json({"name": arguments.name, "output": arguments.output, "bytes": len(data)})
    elif arguments.action == "shot":
        print(f"{arguments.name} is seen in {arguments.output}")
    else:
        print(f"{data.count(10):,} events of {arguments.name} are in {arguments.output}")
    return 0


def _asked(folder: str, name: str, what: str) -> bytes:
    """From whoever has the host. Raises TraplineError."""
    connection = serving(folder)
    if connection is not None:
        return fetched(connection, f"/v1/machines/{quote(name, safe='')}/{what}")
    from monitor.host import Host

    with Host(folder) as host:
        return taken(host, name, what)


def taken(host: "Host", name: str, what: str) -> bytes:
    """A machine's screen as PNG, or what was done at it, a line of JSON for each event. Raises TraplineError."""
    from monitor.screens.png import png
    from monitor.screens.shown import DARK
    from trapline.screening import lines

    return png(host.picture(name) or DARK) if what == "screen" else lines(host.done(name))
