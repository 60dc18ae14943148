"""The command line as a client: where a process serves a host, verbs go through it, and are told as always."""

import http.client
import json
import os
import socket
import stat
from collections.abc import Sequence
from typing import Any

from isa.errors import TraplineError

JSON = "application/json"
SOCKET = os.path.join("run", "api.sock")


class Answered(TraplineError):
    """What the serving process has said of an error, in its words."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(str(told.get("message", "")), str(told.get("help", "")))
        self.exit_code, self._text = int(told.get("exit_code", 70)), str(told.get("text", ""))

    def render(self) -> str:
        return self._text or super().render()


class Connection(http.client.HTTPConnection):
    """HTTP on a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("host")
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def serving(folder: str) -> Connection | None:
    """A connection to the process that serves a host; None if there is none."""
    path = os.path.join(folder, SOCKET)
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return None
        connection = Connection(path)
        try:
            connection.connect()
        except OSError:
            connection.close()
            return None
        return connection
    except OSError:
        return None


def asked(connection: Connection, method: str, path: str, words: Sequence[str] | None = None) -> dict[str, Any]:
    """What the process answers. Raises Answered, TraplineError if it is gone."""
    return _read(*_answer(connection, method, path, None if words is None else json.dumps({"words": list(words)})))


def fetched(connection: Connection, path: str) -> bytes:
    """The same for what is no JSON."""
    kind, data = _answer(connection, "GET", path)
    if kind == JSON:
        _read(kind, data)
    return data


def _answer(connection: Connection, method: str, path: str, body: str | None = None) -> tuple[str, bytes]:
    """What kind of answer it is, and the answer."""
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.getheader("Content-Type", ""), response.read()
    except (OSError, http.client.HTTPException) as error:
        help = "look at what was done before you ask again"
        raise TraplineError(f"the process that serves this host did not answer: {error}", help) from None
    finally:
        connection.close()


def _read(kind: str, data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except ValueError:
        raise TraplineError(f"the process that serves this host answers with {kind or 'nothing'}") from None
    if "error" in answer:
        raise Answered(answer["error"])
    found: dict[str, Any] = answer
    return found
