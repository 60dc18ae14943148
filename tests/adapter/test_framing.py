"""Messages in a stream: what is framed comes out again, however it arrives, and what is not is told."""

import io
import json
from typing import Any

import pytest

from tests.planting import Bugs, Patch, Planted, must_catch
from trapline.adapter import framing
from trapline.adapter.framing import LARGEST, Garbage, Request, bodies, framed, request

MESSAGES: list[dict[str, Any]] = [
    {},
    {"seq": 1, "text": "na\u00efve \u2028 \U0001f600 \ud800 \0 \r\n\r\nContent-Length: 5"},
    {"inside": [{"inside": [1, -2.5, None, True]}, 2**70]},
    {"large": "x" * 70_000},
]


class Dribble(io.RawIOBase):
    """A stream that gives a byte at a time, as a socket may."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._data.read(1)
        buffer[: len(data)] = data
        return len(data)


def check_that_messages_come_out() -> None:
    stream = io.BufferedReader(Dribble(b"".join(map(framed, MESSAGES))), 1)
    assert [json.loads(body) for body in bodies(stream)] == MESSAGES


def check_that_nothing_large_is_waited_for() -> None:
    with pytest.raises(Garbage, match="is not a length"):
        list(bodies(io.BytesIO(b"Content-Length: %d\r\n\r\n" % (LARGEST + 1))))


def test_messages_come_out() -> None:
    check_that_messages_come_out()


def test_other_fields_of_a_header_are_left_out() -> None:
    data = b"Content-Type: application/json\r\ncontent-length:  2\r\n\r\n{}"
    assert list(bodies(io.BytesIO(data))) == [b"{}"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "`GET / HTTP/1.1` is no field of a header"),
        (b"\r\n\r\n", "is no field of a header"),
        (b"{}", "`{}` is no field of a header"),
        (b"x" * 10_000, "is no field of a header"),
        (b"a: b\r\n" * 100, "no `Content-Length`"),
        (b"Content-Length: -1\r\n\r\n", "`-1` is not a length"),
        (b"Content-Length: 1e3\r\n\r\n", "`1e3` is not a length"),
        (b"Content-Length: 99999999999999999999\r\n\r\n", "is not a length"),
        (b"Content-Type: x\r\n\r\n{}", "no `Content-Length`"),
        (b"Content-Length: 3\r\n\r\n{}", "cut off"),
        (b"\x00\xff\n", "is no field of a header"),
    ],
)
def test_a_framing_that_is_none_is_told(data: bytes, message: str) -> None:
    with pytest.raises(Garbage, match=message):
        list(bodies(io.BytesIO(data)))


def test_a_request_is_read() -> None:
    asked = {"seq": 3, "type": "request", "command": "pause", "arguments": {"threadId": 1}}
    assert request(json.dumps(asked).encode()) == Request(3, "pause", {"threadId": 1})
    assert request(b'{"seq": 1, "type": "request", "command": "threads"}') == Request(1, "threads", {})
    assert request(b'{"seq": 1, "type": "response", "request_seq": 1}') is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{",
        b"7",
        b'{"type": "request"}',
        b'{"type": "request", "seq": "1", "command": "pause"}',
        b'{"type": "request", "seq": 1, "command": "pause", "arguments": 3}',
        b'{"type": "request", "seq": 1, "command": "pause", "arguments": ' + b'{"a":' * 60 + b"1" + b"}" * 61,
        b"[" * 100_000,
        b"1" * 100_000,
    ],
)
def test_a_message_that_is_none_is_told(body: bytes) -> None:
    with pytest.raises(Garbage):
        request(body)


BUGS = Bugs()


@BUGS.caught_by(check_that_messages_come_out)
def a_length_in_characters(patch: Patch) -> None:
    def wrong(message: dict[str, Any]) -> bytes:
        text = json.dumps(message, ensure_ascii=False)
        return f"Content-Length: {len(text)}\r\n\r\n{text}".encode(errors="replace")

    patch.setattr("tests.adapter.test_framing.framed", wrong)


@BUGS.caught_by(check_that_nothing_large_is_waited_for)
def no_limit(patch: Patch) -> None:
    patch.setattr(framing, "LARGEST", 1 << 60)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, Garbage, ValueError, pytest.fail.Exception))
