"""Clients of a service on a listening socket: each has a thread of its own, and a limit for every message.

A client is a stranger. Between its messages it may be silent for ever; within one, and when it ought to take what it
asked for, it has so many seconds.
"""

import select
import socket
import threading
from abc import ABC, abstractmethod
from contextlib import suppress

PATIENCE = 60.0  # seconds
CLIENTS = 16
AT_ONCE = 1 << 20  # bytes


class Gone(Exception):
    """The client is not there any more, or says what cannot be understood."""


class Connection:
    """A client's. Everything raises Gone, or OSError."""

    def __init__(self, connected: socket.socket) -> None:
        self.connected = connected

    def wait(self) -> None:
        """Until something comes, however long that takes."""
        coming = select.poll()
        coming.register(self.connected, select.POLLIN)
        coming.poll()

    def take(self, count: int) -> bytes:
        """That many bytes."""
        data = bytearray()
        while len(data) < count:
            part = self.connected.recv(min(count - len(data), AT_ONCE))
            if not part:
                raise Gone
            data += part
        return bytes(data)

    def say(self, data: bytes) -> None:
        self.connected.sendall(data)

    def leave(self) -> None:
        """Who waits for the client, in whatever thread, waits no longer."""
        with suppress(OSError):
            self.connected.shutdown(socket.SHUT_RDWR)


class Clients(ABC):
    """Those who connect to `listener`, until it is closed."""

    def __init__(self, listener: socket.socket, patience: float = PATIENCE) -> None:
        self.listener, self.patience = listener, patience
        self._there: set[socket.socket] = set()
        self._lock = threading.Lock()

    @abstractmethod
    def converse(self, connection: Connection) -> None:
        """With one of them, until it goes. Raises Gone, OSError."""

    def serve(self) -> None:
        """Take clients until `close`. More than `CLIENTS` at once are turned away."""
        while True:
            try:
                connected, _ = self.listener.accept()
            except OSError:
                return
            with self._lock:
                full = len(self._there) >= CLIENTS
                if not full:
                    self._there.add(connected)
            if full:
                connected.close()
            else:
                threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def _serve(self, connected: socket.socket) -> None:
        try:
            connected.settimeout(self.patience)
            if connected.family != socket.AF_UNIX:
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.converse(Connection(connected))
        except (Gone, OSError):
            pass
        finally:
            with self._lock:
                self._there.discard(connected)
            connected.close()

    def close(self) -> None:
        """Take nobody any more, and leave those who are there."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self._lock:
            for connected in self._there:
                Connection(connected).leave()
