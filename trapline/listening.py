"""Where a command listens: for programs of this user, or of this machine, and for nobody else."""

import os
import socket
import stat
from contextlib import suppress

from isa.errors import TraplineError


def listening(path: str | None, port: int | None) -> socket.socket:
    """A listening socket: one in the file system, which belongs to this user alone, or on the loopback address. Raises
    TraplineError."""
    try:
        if path is None:
            return socket.create_server(("127.0.0.1", port or 0))
        _clear(path)
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


def _clear(path: str) -> None:
    """Take away a socket that somebody has left who was killed: one at which nobody listens."""
    with suppress(OSError):
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            with socket.socket(socket.AF_UNIX) as asking:
                try:
                    asking.connect(path)
                except ConnectionRefusedError:
                    os.unlink(path)
