"""Addresses of hosts that machines move between: a Unix socket, or a port with certificates on both sides."""

import argparse
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from isa.errors import TraplineError, UsageError
from trapline.listening import listening
from trapline.options import read

WAIT = 30.0  # seconds for a connection


def add_certificates(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--certificate", type=read, metavar="FILE", help="who this side is (PEM)")
    parser.add_argument("--key", type=read, metavar="FILE", help="its private key")
    parser.add_argument("--authority", type=read, metavar="FILE", help="who says of the other side who it is")


def located(address: str, where: Callable[[str], str]) -> str:
    """The same address; one that is a path, as it is called elsewhere."""
    return address if isinstance(_place(address), tuple) else where(address)


def _place(address: str) -> tuple[str, int] | str:
    """HOST:PORT, or the path of a socket."""
    host, colon, port = address.rpartition(":")
    if "/" in address or not colon:
        return address
    if not port.isdecimal() or not 0 <= int(port[:6]) < 65536 or not host:
        raise UsageError(f"{address!r:.80} is no address", "give HOST:PORT, or the path of a socket with a / in it")
    return host, int(port)


def _context(arguments: argparse.Namespace, side: ssl.Purpose) -> ssl.SSLContext:
    """TLS in which both sides show a certificate."""
    if not arguments.certificate or not arguments.key or not arguments.authority:
        rule = "a machine goes over a network under TLS alone, with certificates on both sides"
        raise UsageError(rule, "give `--certificate`, `--key` and `--authority`, or the path of a Unix socket")
    try:
        context = ssl.create_default_context(side, cafile=arguments.authority)
        context.load_cert_chain(arguments.certificate, arguments.key)
    except (OSError, ssl.SSLError) as error:
        raise TraplineError(f"the certificates cannot be used: {error.strerror or error}", "give PEM files") from None
    context.minimum_version, context.verify_mode = ssl.TLSVersion.TLSv1_3, ssl.CERT_REQUIRED
    return context


def connected(arguments: argparse.Namespace) -> socket.socket:
    """A connection to the other host. Raises TraplineError."""
    place = _place(arguments.address)
    try:
        if isinstance(place, str):
            made = socket.socket(socket.AF_UNIX)
            try:
                made.connect(place)
            except BaseException:
                made.close()
                raise
            return made
        context = _context(arguments, ssl.Purpose.SERVER_AUTH)
        return context.wrap_socket(socket.create_connection(place, WAIT), server_hostname=place[0])
    except (OSError, ssl.SSLError) as error:
        reason = str(getattr(error, "verify_message", "")) or error.strerror or str(error)
        raise TraplineError(f"cannot reach the host at {arguments.address}: {reason}", "see that it receives") from None


class Listening:
    """A listening socket, and how those who connect are received."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        place = _place(arguments.listen)
        self.path = place if isinstance(place, str) else ""
        self.context = None if self.path else _context(arguments, ssl.Purpose.CLIENT_AUTH)
        try:
            self.socket = listening(place, None) if isinstance(place, str) else socket.create_server(place)
        except OSError as error:
            reason = error.strerror or str(error)
            raise TraplineError(f"cannot listen at {arguments.listen}: {reason}", "give another place") from None

    @property
    def address(self) -> str:
        if self.path:
            return self.path
        host, port = self.socket.getsockname()[:2]
        return f"{host}:{port}"

    def accept(self) -> socket.socket | None:
        """The next who connects; None for one that may not, or if nobody has come before the socket's limit."""
        try:
            connection, _ = self.socket.accept()
        except TimeoutError:
            return None
        connection.settimeout(WAIT)
        if self.context is None:
            return connection
        try:
            return self.context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            return None

    def close(self) -> None:
        self.socket.close()
        if self.path:
            with suppress(OSError):
                os.unlink(self.path)
