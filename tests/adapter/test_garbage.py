"""A client that sends anything: each request is answered, the session goes on, and what cannot be read is told."""

from contextlib import suppress
from itertools import product
from typing import Any

from tests.adapter.programs import looping
from tests.adapter.wire import Refused, adapter
from trapline.adapter.dispatch import ENDS, REQUESTS
from trapline.adapter.framing import framed

WRONG: list[Any] = [None, True, -1, 1 << 70, "", "0x", "\ud800", [], [3], {}, {"a": []}, "[[", "x" * 5000, 0.5]
KEYS = (
    *("source", "line", "endLine", "threadId", "frameId", "variablesReference", "name", "value", "expression"),
    *("context", "memoryReference", "offset", "instructionOffset", "instructionCount", "count", "data", "text"),
    *("column", "breakpoints", "filters", "filterOptions", "targetId", "granularity", "start", "levels"),
    *("startFrame", "requestId", "progressId", "sourceReference", "arguments", "program", "saved", "filter"),
)


def test_whatever_is_sent_is_answered() -> None:
    """With a success or without one, and the adapter goes on."""
    commands = sorted(set(REQUESTS) - ENDS, key=lambda command: command in ("launch", "attach"))
    with looping() as client:
        for number, (command, value) in enumerate(product(commands, WRONG), 1000):
            arguments = dict.fromkeys(KEYS, value)
            client.raw(framed({"seq": number, "type": "request", "command": command, "arguments": arguments}))
            with suppress(Refused):
                client.answer(number)
        client.ask("launch", program="hello")


def test_a_request_that_nobody_knows() -> None:
    with adapter() as client:
        client.raw(framed({"seq": 1, "type": "request", "command": "fly"}))
        answer = client.unchecked()
        assert not answer["success"] and answer["message"] == "there is no request `fly` here"


def test_a_message_that_is_none_is_told_and_left_out() -> None:
    with looping() as client:
        client.raw(b"Content-Length: 5\r\n\r\nhello")
        client.raw(framed({"type": "request"}))
        assert client.ask("threads")["threads"]
        assert client.said.splitlines() == [
            "trapline dap: a message is not JSON",
            "trapline dap: a message is no request",
        ]


def test_a_stream_that_is_none_ends_the_session() -> None:
    with looping() as client:
        client.raw(b"GET / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
        assert client.event("terminated") == {}
        assert client.said == "trapline dap: `GET / HTTP/1.1` is no field of a header\n"
    assert client.codes == [3]


def test_a_client_that_is_gone_ends_the_session() -> None:
    with looping() as client:
        pass
    assert client.codes == [0]
