"""`trapline host serve`: a host that runs by itself, and is asked through sockets."""

import argparse

from isa.errors import UsageError
from trapline.options import add_engine_option, port, read, updated

EXTRA = "pip install 'trapline[host]'"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=updated, metavar="DIR", help="the host's folder")
    help = "also listen on this port of the loopback address, for who knows the token; 0 for any free one"
    parser.add_argument("--http", type=port, metavar="PORT", help=help)
    help = "and show screens on this one, to viewers of VNC that know a password (docs/screens.md)"
    parser.add_argument("--vnc", type=port, metavar="PORT", help=help)
    help = "the folder of noVNC, which shows screens in a browser (docs/screens.md)"
    parser.add_argument("--novnc", type=read, metavar="FOLDER", help=help)
    add_engine_option(parser)


def run(arguments: argparse.Namespace) -> int:
    from trapline.output import engine_in_use

    try:
        from trapline.hosting.daemon.serving import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn", "websockets"):
            raise
        raise UsageError("a host that is served needs starlette, uvicorn and websockets", EXTRA) from None
    serve(arguments.folder, engine_in_use(arguments.engine), arguments.http, arguments.vnc, _novnc(arguments.novnc))
    return 0


def _novnc(folder: str | None) -> str | None:
    """Raises UsageError for a folder in which it is not."""
    from trapline.hosting.daemon.seen import CLIENT, client

    if folder and client(folder) is None:
        raise UsageError(f"{folder} has no {CLIENT}, and so is not noVNC", "`npm install @novnc/novnc` makes one")
    return folder
