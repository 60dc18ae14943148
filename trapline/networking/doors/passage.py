"""A connection through a gateway, on both of its sides: a socket of the host, and a call to a guest."""

import socket
from collections.abc import Callable
from contextlib import suppress
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector

from trapline.networking.doors.call import Call

ROOM = 1 << 15  # octets that wait on their way, in either direction


class Passage:
    """`ended` is called when it is over, on both sides."""

    call: Call

    def __init__(self, selector: BaseSelector, near: socket.socket, ended: Callable[[], object]) -> None:
        self._selector, self._near, self._ended = selector, near, ended
        self._waits = bytearray()  # for the socket
        self._over = False  # nothing will be added to that
        self._wanted = 0
        near.setblocking(False)

    def look(self) -> None:
        """The socket may be written or read, or there is something to be written."""
        try:
            self._write()
            self._read()
        except OSError:
            self._waits.clear()
            self._end()
            self.call.abort()
            return
        self._wait()

    def _write(self) -> None:
        full = not self.room()
        with suppress(BlockingIOError):
            while self._waits:
                del self._waits[: self._near.send(self._waits)]
        if full and self.room():
            self.call.acknowledge()  # the guest may go on
        if self._over and not self._waits:
            self._near.shutdown(socket.SHUT_WR)
            self._over = False

    def _read(self) -> None:
        with suppress(BlockingIOError):
            while self._listens():
                data = self._near.recv(ROOM)
                if data:
                    self.call.say(data)
                else:
                    self.call.close()

    def _listens(self) -> bool:
        return not self.call.gone and not self.call.closing and len(self.call.out) < ROOM

    def _wait(self) -> None:
        """Have the selector tell what matters next; nothing may, until the guest says something."""
        if self.call.gone and not self._waits:
            self._end()
            return
        wanted = (EVENT_WRITE if self._waits else 0) | (EVENT_READ if self._listens() else 0)
        if wanted != self._wanted:
            if self._wanted:
                self._selector.unregister(self._near)
            if wanted:
                self._selector.register(self._near, wanted, self.look)
            self._wanted = wanted

    def _end(self) -> None:
        if self._wanted:
            self._selector.unregister(self._near)
            self._wanted = 0
        self._near.close()
        self._ended()

    # ---- what the call tells

    def room(self) -> int:
        return max(0, ROOM - len(self._waits))

    def text(self, data: bytes) -> None:
        self._waits += data

    def over(self) -> None:
        self._over = True
