"""The screens of a host's machines on one port of the loopback address, for viewers that know a machine's password: it
says which machine is meant (RFC 6143, 7.2.2). It has eight characters, and is used as a key of DES; so it keeps other
users of this machine out, and would protect nothing on a network.
"""

import hmac
import secrets
import socket
import time

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from monitor.clients import Clients, Connection, Gone
from monitor.screens.rfb import Session, guarded
from trapline.guard import narrowed
from trapline.hosting.daemon.screens import Screens, Seat

LETTERS = 8  # of a password
WRONG = 1.0  # seconds that a wrong one costs


class Doors(Clients):
    """On a listening socket; passwords are good as long as this is there."""

    def __init__(self, listener: socket.socket, screens: Screens) -> None:
        super().__init__(listener)
        self.screens, self._token = screens, secrets.token_urlsafe(24)

    @property
    def address(self) -> str:
        host, port = self.listener.getsockname()
        return f"{host}:{port}"

    def password(self, name: str) -> str:
        """What is asked for the screen of a machine."""
        return narrowed(self._token, name)[:LETTERS]

    def converse(self, connection: Connection) -> None:
        try:
            seat = guarded(connection, self._seat)
        except Gone:
            time.sleep(WRONG)
            raise
        Session(connection, seat, seat.name).serve(admitted=True)

    def _seat(self, challenge: bytes, response: bytes) -> Seat | None:
        """The machine whose password makes this response."""
        found = None
        for seat in self.screens.seats():
            if hmac.compare_digest(answered(challenge, self.password(seat.name).encode()), response):
                found = seat
        return found


def answered(challenge: bytes, password: bytes) -> bytes:
    """What a viewer answers that knows the password: each octet of a key has its lowest bit first."""
    key = bytes(int(f"{octet:08b}"[::-1], 2) for octet in password.ljust(LETTERS, b"\0"))
    cipher = Cipher(TripleDES(3 * key), modes.ECB()).encryptor()
    return cipher.update(challenge) + cipher.finalize()
