"""The way in: one client on stdin and stdout, or one after the other on a port of the loopback address.

While one is served on the port, another is told so and refused. Ctrl-C and SIGTERM break off what is being done, tell
the client, and leave.
"""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Semaphore, Thread
from types import FrameType

from isa.errors import TraplineError
from trapline.adapter.dispatch import converse
from trapline.adapter.framing import bodies, framed, request
from trapline.adapter.link import Gone, Link
from trapline.interrupts import code_of, handled, raising

HOST = "127.0.0.1"
GRACE = 1.0  # seconds that the client before has to be gone
PATIENCE = 2.0  # seconds that one who is refused has to say what it wants
TAKEN = "trapline dap: another client is being served, and there is only one at a time"


@contextmanager
def ended_by_signals(end: Callable[[Gone], None]) -> Iterator[None]:
    """Inside, a signal is told to `end`; a second one breaks in."""
    told: list[int] = []

    def handler(number: int, frame: FrameType | None) -> None:
        if told:
            raising(number, frame)
        told.append(number)
        end(Gone(code_of(number), "interrupted"))

    with handled(handler):
        yield


def serve_stdio() -> int:
    """Nothing but messages goes to stdout: what anybody prints beside them goes to stderr."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "wb") as outgoing:
        os.dup2(2, 1)
        link = Link(os.fdopen(os.dup(0), "rb"), outgoing)  # sys.stdin would be closed while somebody reads it
        with ended_by_signals(link.arrived.put):
            code = converse(link)
    _tell(link)
    return code


def _tell(link: Link) -> None:
    if link.left:
        print(f"trapline dap: {link.left}", file=sys.stderr, flush=True)


# ---- on a port


class Door:
    """A port of the loopback address, and whoever has come through it. Port 0 is any that is free."""

    def __init__(self, port: int) -> None:
        try:
            self._server = socket.create_server((HOST, port))
        except OSError as error:
            raise TraplineError(f"cannot listen on port {port}: {error.strerror}", "choose another, or 0") from None
        self.port: int = self._server.getsockname()[1]
        self.arrived: SimpleQueue[socket.socket | Gone] = SimpleQueue()
        self.link: Link | None = None
        self._free = Semaphore()
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):  # closed: nobody comes any more
            while True:
                client, _ = self._server.accept()
                Thread(target=self._enter, args=(client,), daemon=True).start()

    def _enter(self, client: socket.socket) -> None:
        """One who comes while another is about to go is let in."""
        if self._free.acquire(timeout=GRACE):
            self.arrived.put(client)
        else:
            _refuse(client)

    def end(self, gone: Gone) -> None:
        """The last thing that happens, to whoever is there."""
        self.arrived.put(gone)
        if self.link is not None:
            self.link.arrived.put(gone)

    def serve(self) -> int:
        """One client after the other, until a signal comes."""
        with self._server:
            while True:
                client = self.arrived.get()
                if isinstance(client, Gone):
                    return client.code
                self._serve(client)
                self._free.release()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as incoming, client.makefile("wb") as outgoing:
            self.link = Link(incoming, outgoing)
            converse(self.link)
            _tell(self.link)
            self.link = None
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)  # ends the thread that reads


def _refuse(client: socket.socket) -> None:
    """Answer the first request of a client that must go."""
    with client, suppress(OSError, TraplineError):
        client.settimeout(PATIENCE)
        with client.makefile("rb") as incoming:
            asked = request(next(bodies(incoming), b""))
        if asked is not None:
            error = {"id": 1, "format": TAKEN, "showUser": True}
            told = {"request_seq": asked.seq, "command": asked.command, "success": False, "message": TAKEN}
            client.sendall(framed({"seq": 1, "type": "response", **told, "body": {"error": error}}))


def serve_port(port: int) -> int:
    door = Door(port)
    print(f"trapline dap: listening on {HOST}:{door.port}", file=sys.stderr, flush=True)
    with ended_by_signals(door.end):
        return door.serve()
