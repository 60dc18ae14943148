"""`trapline host serve`: a host that runs by itself, and is asked through sockets."""

import argparse

from isa.errors import UsageError
from trapline.options import add_engine_option, port, updated

EXTRA = "pip install 'trapline[host]'"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=updated, metavar="DIR", help="the host's folder")
    help = "also listen on this port of the loopback address, for who knows the token; 0 for any free one"
    parser.add_argument("--http", type=port, metavar="PORT", help=help)
    add_engine_option(parser)


def run(arguments: argparse.Namespace) -> int:
    from trapline.output import engine_in_use

    try:
        from trapline.hosting.daemon.serving import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn"):
            raise
        raise UsageError("a host that is served needs starlette and uvicorn", EXTRA) from None
    serve(arguments.folder, engine_in_use(arguments.engine), arguments.http)
    return 0
