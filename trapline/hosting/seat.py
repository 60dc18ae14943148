"""`trapline host seat`: where a machine's screen is to be seen, and how one is let in."""

import argparse
from urllib.parse import quote

from isa.errors import UsageError
from trapline.hosting.daemon.client import asked, serving
from trapline.options import updated


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=updated, metavar="DIR", help="the host's folder, which is served")
    parser.add_argument("name", type=str, metavar="NAME")


def run(arguments: argparse.Namespace) -> int:
    from trapline.output import emit_json

    connection = serving(arguments.folder)
    if connection is None:
        raise UsageError(f"nobody serves {arguments.folder}", f"`trapline host serve {arguments.folder}` does")
    told = asked(connection, "GET", f"/v1/machines/{quote(arguments.name, safe='')}/seat")
    if arguments.json:
        emit_json(told)
        return 0
    print(told["socket"])
    if told["vnc"]:
        print(f"{told['vnc']} with the password {told['password']}")
    if told["page"]:
        print(told["page"])
    return 0
