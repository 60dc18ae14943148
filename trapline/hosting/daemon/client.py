"""The command line as a client: where a process serves a host, verbs go through it, and are told as always."""

import http.client
import json
import os
import socket
import stat
from collections.abc import Sequence
from typing import Any

from isa.errors import TraplineError

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
        connection.connect()
        return connection
    except OSError:
        return None


def asked(connection: Connection, method: str, path: str, words: Sequence[str] | None = None) -> dict[str, Any]:
    """What the process answers. Raises Answered, TraplineError if it is gone."""
    try:
        connection.request(method, path, None if words is None else json.dumps({"words": list(words)}))
        answer = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        help = "look at what was done before you ask again"
        raise TraplineError(f"the process that serves this host did not answer: {error}", help) from None
    finally:
        connection.close()
    if "error" in answer:
        raise Answered(answer["error"])
    found: dict[str, Any] = answer
    return found
