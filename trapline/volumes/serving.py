"""`trapline volume serve`: a volume for NBD clients, on a socket of this user's own or on the loopback address."""

import argparse
import os
import socket
from contextlib import closing, suppress

from isa.errors import TraplineError, UsageError
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


def listening(path: str | None, port: int | None) -> socket.socket:
    """A listening socket: one in the file system, which belongs to this user alone, or on the loopback address. Raises
    TraplineError."""
    try:
        if path is None:
            return socket.create_server(("127.0.0.1", port or 0))
        listener = socket.socket(socket.AF_UNIX)
        before = os.umask(0o177)
        try:
            listener.bind(path)
        except BaseException:
            listener.close()
            raise
        finally:
            os.umask(before)
        listener.listen()
        return listener
    except OSError as error:
        where = path or f"port {port}"
        raise TraplineError(f"cannot listen at {where}: {error.strerror or error}", "give another place") from None


def _uri(arguments: argparse.Namespace, listener: socket.socket) -> str:
    if arguments.socket is not None:
        return f"nbd+unix:///{arguments.name}?socket={os.path.abspath(arguments.socket)}"
    return f"nbd://127.0.0.1:{listener.getsockname()[1]}/{arguments.name}"
