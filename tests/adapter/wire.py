"""A client of the debug adapter for tests: every message, both ways, is held against the protocol's own schema.

The adapter runs in a thread of this process, with pipes for its streams; nothing is left out but the command line.
"""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib.resources import files
from queue import Queue
from threading import Thread
from typing import Any, BinaryIO

from jsonschema import Draft4Validator

from trapline.adapter.dispatch import converse
from trapline.adapter.framing import bodies, framed
from trapline.adapter.link import Link

Message = dict[str, Any]
SCHEMA = "_vendored/pydevd/_pydevd_bundle/_debug_adapter/debugProtocol.json"
OPEN = {"Request", "Event", "Response", "ErrorResponse", "ProtocolMessage"}  # what others add to


@cache
def schema() -> Message:
    """Its one `oneOf` is between two that fit everything, and `anyOf` is meant."""
    found: Message = json.loads(files("debugpy").joinpath(SCHEMA).read_text().replace('"oneOf"', '"anyOf"'))
    return found


def closed(schema: Any, inside: bool = False) -> Any:
    """The same schema without room for what it does not name: a key that is mistyped is seen."""
    if isinstance(schema, list):
        return [closed(part, inside) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value, key != "allOf") for key, value in schema.items()}
    if inside and "properties" in found and "additionalProperties" not in found:
        found["additionalProperties"] = False
    return found


@cache
def definitions_of(strict: bool) -> Message:
    found: Message = schema()["definitions"]
    return {n: d if n in OPEN else closed(d, "allOf" not in d) for n, d in found.items()} if strict else found


@cache
def validator(name: str, strict: bool) -> Any:
    """For one kind of message; a `strict` one is for what we send."""
    definitions = definitions_of(strict)
    assert name in definitions, f"the protocol has no {name}"
    return Draft4Validator({"$ref": f"#/definitions/{name}", "definitions": definitions})


def check(message: Message) -> None:
    """Raises ValidationError for a message that is none of the protocol's."""
    kind = message["type"]
    name = message["event" if kind == "event" else "command"]
    name = name[0].upper() + name[1:] + kind.capitalize()
    if kind == "response" and not message["success"]:
        name = "ErrorResponse"
    validator(name, kind != "request").validate(message)


PATIENCE = 60  # seconds; whoever waits for longer waits for ever


class Refused(Exception):
    """An answer without success."""


class Client:
    """`events` are those that came and were not waited for yet; `console` is what the guest printed."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._outgoing = outgoing
        self._arrived: Queue[Message] = Queue()
        self._reader = Thread(target=self._read, args=(incoming,), daemon=True)
        self._reader.start()
        self._seq = 0
        self._answers: dict[int, Message] = {}
        self.events: list[Message] = []
        self.console = self.said = ""
        self.codes: list[int] = []

    def send(self, command: str, **arguments: Any) -> int:
        """Ask, and do not wait."""
        self._seq += 1
        message = {"seq": self._seq, "type": "request", "command": command, "arguments": arguments}
        check(message)
        self.raw(framed(message))
        return self._seq

    def raw(self, data: bytes) -> None:
        self._outgoing.write(data)
        self._outgoing.flush()

    def _read(self, incoming: BinaryIO) -> None:
        with suppress(OSError, ValueError):  # closed
            for body in bodies(incoming):
                self._arrived.put(json.loads(body))

    def unchecked(self) -> Message:
        """Raises Empty where nothing comes."""
        return self._arrived.get(timeout=PATIENCE)

    def receive(self) -> Message:
        message = self.unchecked()
        check(message)
        if message["type"] == "response":
            self._answers[message["request_seq"]] = message
        else:
            self.events.append(message)
            body = message["body"]
            if message["event"] == "output" and body["category"] == "stdout":
                self.console += body["output"]
            elif message["event"] == "output":
                self.said += body["output"]
        return message

    def answer(self, number: int) -> Message:
        while number not in self._answers:
            self.receive()
        message = self._answers.pop(number)
        if not message["success"]:
            raise Refused(message["message"])
        body: Message = message["body"]
        return body

    def ask(self, command: str, **arguments: Any) -> Message:
        return self.answer(self.send(command, **arguments))

    def event(self, name: str) -> Message:
        """The first of this name that was not waited for."""
        while not (found := [e for e in self.events if e["event"] == name]):
            self.receive()
        self.events.remove(found[0])
        body: Message = found[0]["body"]
        return body

    # ---- what tests do again and again

    def launch(self, program: str, stop: bool = True, **options: Any) -> Message:
        """Up to the first stop."""
        self.begin("launch", program=program, stopOnEntry=stop, **options)
        self.ask("configurationDone")
        return self.event("stopped")

    def begin(self, how: str, **arguments: Any) -> None:
        """Up to where breakpoints may be set."""
        able = ("supportsProgressReporting", "supportsInvalidatedEvent", "supportsMemoryEvent")
        self.ask("initialize", adapterID="trapline", **dict.fromkeys(able, True))
        self.ask(how, **arguments)
        self.event("initialized")

    def move(self, command: str, **arguments: Any) -> Message:
        self.ask(command, threadId=1, **arguments)
        return self.event("stopped")

    def say(self, words: str) -> str:
        """In the debug console."""
        found: str = self.ask("evaluate", expression=words, context="repl")["result"]
        return found

    def go(self, words: str) -> str:
        """Words that move the guest: where it stopped."""
        self.say(words)
        stopped = self.event("stopped")
        assert stopped["reason"] == "goto"
        found: str = stopped["description"]
        return found

    def value(self, expression: str, **arguments: Any) -> int:
        return int(self.ask("evaluate", expression=expression, **arguments)["result"].split()[0], 0)

    @property
    def step(self) -> int:
        return self.value("step")

    def frames(self, thread: int = 1) -> list[Message]:
        found: list[Message] = self.ask("stackTrace", threadId=thread)["stackFrames"]
        return found

    def scopes(self, frame: int) -> dict[str, dict[str, Message]]:
        """Variables by name, by scope."""
        return {
            scope["name"]: {
                v["name"]: v for v in self.ask("variables", variablesReference=scope["variablesReference"])["variables"]
            }
            for scope in self.ask("scopes", frameId=frame)["scopes"]
        }


@contextmanager
def adapter() -> Iterator[Client]:
    """An adapter, and a client of it. Inside, `codes` of the client has what it ended with, once it has."""
    (to_read, to_write), (from_read, from_write) = os.pipe(), os.pipe()
    with ExitStack() as opened:
        read, send = (opened.enter_context(os.fdopen(n, "rb")) for n in (from_read, to_read))
        write, answer = (opened.enter_context(os.fdopen(n, "wb")) for n in (to_write, from_write))
        client = Client(read, write)
        thread = Thread(target=lambda: client.codes.append(converse(Link(send, answer))), daemon=True)
        thread.start()
        try:
            yield client
        finally:
            write.close()
            thread.join(10)
        assert not thread.is_alive(), "the adapter has not ended with its client"
