"""Where a command listens: for programs of this user, or of this machine, and for nobody else."""

import os
import socket

from isa.errors import TraplineError


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
