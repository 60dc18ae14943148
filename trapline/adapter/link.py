"""A client: what it sends, in order, and how it is answered.

A thread of its own reads, so that a long way can be broken off while it is being gone. Everything else, and all that is
sent, is done by the one thread that has the machine.
"""

from collections import deque
from queue import Empty, SimpleQueue
from threading import Thread
from typing import BinaryIO, NamedTuple

from isa.errors import SourceError, TraplineError
from trapline.adapter.framing import Garbage, Message, Request, bodies, framed, request

CANCELLED = "cancelled"  # the protocol's word for it
ASKED = ("launch", "attach", "restart", "setVariable", "setExpression", "writeMemory", "goto", "gotoTargets")


class Gone(NamedTuple):
    """There will be no further request: the client has closed the stream, or has broken it, or a signal has come.
    `code` is the exit code."""

    code: int = 0
    why: str = ""


Incoming = Request | Garbage | Gone


class Link:
    """`arrived` may be put to by anybody, signal handlers included."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        self.arrived: SimpleQueue[Incoming] = SimpleQueue()
        self.waiting: deque[Incoming] = deque()  # what arrived, and was put off
        self.broken = False  # nobody reads what is sent
        self.left = ""  # why it went without a word
        self._sent = 0
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for body in bodies(self._incoming):
                try:
                    found = request(body)
                except Garbage as garbage:
                    self.arrived.put(garbage)
                else:
                    if found is not None:
                        self.arrived.put(found)
            self.arrived.put(Gone())
        except Garbage as garbage:
            self.arrived.put(Gone(3, garbage.message))
        except (OSError, ValueError) as error:  # the stream broke, or has been closed by us
            self.arrived.put(Gone(0, str(error)))

    def next(self) -> Incoming:
        """What comes next, as soon as it does."""
        return self.waiting.popleft() if self.waiting else self.arrived.get()

    def news(self) -> list[Incoming]:
        """What has arrived by now, and was not put off."""
        found = []
        try:
            while True:
                found.append(self.arrived.get_nowait())
        except Empty:
            return found

    # ---- answers

    def event(self, name: str, body: Message | None = None) -> None:
        self._send({"type": "event", "event": name, "body": body or {}})

    def output(self, text: str, category: str = "console") -> None:
        """Something to show: `console` is what we say, `stdout` is what the guest prints."""
        self.event("output", {"category": category, "output": text})

    def answer(self, request: Request, body: Message) -> None:
        self._respond(request, {"success": True, "body": body})

    def refuse(self, request: Request, error: TraplineError) -> None:
        """Say why not. What a person has asked for is shown; a client asks for much by itself."""
        whole = error.render().removeprefix("error: ") if isinstance(error, SourceError) else error.message
        told = f"{whole}\n{error.help}" if error.help and whole == error.message else whole
        text = told.replace("{", "(").replace("}", ")")  # braces would be variables
        shown = {"id": error.exit_code, "format": text, "showUser": request.command in ASKED}
        self._respond(request, {"success": False, "message": told, "body": {"error": shown}})

    def cancelled(self, request: Request) -> None:
        shown = {"id": 0, "format": CANCELLED, "showUser": False}
        self._respond(request, {"success": False, "message": CANCELLED, "body": {"error": shown}})

    def _respond(self, request: Request, rest: Message) -> None:
        self._send({"type": "response", "request_seq": request.seq, "command": request.command, **rest})

    def _send(self, message: Message) -> None:
        """What a client that has died should have had is dropped; that it has, its stream tells."""
        self._sent += 1
        if self.broken:
            return
        try:
            self._outgoing.write(framed({"seq": self._sent, **message}))
            self._outgoing.flush()
        except (OSError, ValueError):
            self.broken = True
