"""`trapline volume serve`: a volume for NBD clients, on a socket of this user's own or on the loopback address."""

import argparse
import os
import socket
from contextlib import closing, suppress

from isa.errors import UsageError
from trapline.listening import listening
from trapline.options import port, updated, written

SUMMARY = "serve a volume to other programs, by NBD"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=updated, metavar="FILE")
    parser.add_argument("--format", choices=("raw", "qcow2"), help="what FILE is; otherwise its name says so")
    parser.add_argument("--read-only", action="store_true", help="let nobody write")
    parser.add_argument("--name", type=str, default="disk", help="of the export (default: disk)")
    parser.add_argument("--socket", type=written, metavar="PATH", help="listen on a Unix socket that this makes")
    parser.add_argument("--port", type=port, metavar="PORT", help="listen on the loopback address; 0 for any free port")


def run(arguments: argparse.Namespace) -> int:
    from monitor.volumes.nbd import Export, Server
    from monitor.volumes.opening import open_volume

    if (arguments.socket is None) == (arguments.port is None):
        raise UsageError("where shall it listen?", "give `--socket PATH`, or `--port PORT`")
    with closing(open_volume(arguments.file, arguments.format, not arguments.read_only)) as volume:
        listener = listening(arguments.socket, arguments.port)
        server = Server(listener, [Export(arguments.name, volume)])
        try:
            print(f"serving {arguments.file} at {_uri(arguments, listener)}", flush=True)
            server.serve()
        finally:
            server.close()
            if arguments.socket is not None:
                with suppress(OSError):
                    os.unlink(arguments.socket)
            volume.flush()
    return 0


def _uri(arguments: argparse.Namespace, listener: socket.socket) -> str:
    if arguments.socket is not None:
        return f"nbd+unix:///{arguments.name}?socket={os.path.abspath(arguments.socket)}"
    return f"nbd://127.0.0.1:{listener.getsockname()[1]}/{arguments.name}"
