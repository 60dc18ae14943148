"""`trapline host shot`: what a machine's screen shows, as a picture."""

import argparse
from urllib.parse import quote

from trapline.hosting.daemon.client import fetched, serving
from trapline.options import updated, written


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=updated, metavar="DIR", help="the host's folder")
    parser.add_argument("name", type=str, metavar="NAME")
    parser.add_argument("-o", "--output", type=written, metavar="FILE.png", required=True, help="where to keep it")


def run(arguments: argparse.Namespace) -> int:
    from isa.files.writing import write_whole
    from trapline.output import emit_json
    from trapline.running.claims import claim

    claim(arguments)
    data = _picture(arguments.folder, arguments.name)
    write_whole(arguments.output, data)
    if arguments.json:
        emit_json({"name": arguments.name, "output": arguments.output, "bytes": len(data)})
    else:
        print(f"{arguments.name} is seen in {arguments.output}")
    return 0


def _picture(folder: str, name: str) -> bytes:
    """As PNG, from whoever has the host. Raises TraplineError."""
    connection = serving(folder)
    if connection is not None:
        return fetched(connection, f"/v1/machines/{quote(name, safe='')}/screen")
    from monitor.host import Host
    from monitor.screens.png import png
    from monitor.screens.shown import DARK

    with Host(folder) as host:
        return png(host.picture(name) or DARK)
