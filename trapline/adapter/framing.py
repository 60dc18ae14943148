"""Messages of the Debug Adapter Protocol in a stream of bytes: fields of a header, an empty line, JSON.

A stream comes from anybody. Where its framing is broken nobody can tell where the next message begins, and so that is
its end; a message that is framed well, and is none, is told and left out.
"""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from isa.errors import TraplineError

LONGEST_FIELD = 1 << 12  # bytes of a line of the header
MOST_FIELDS = 16
LARGEST = 1 << 24  # bytes of a message
DEEPEST = 40  # levels of lists and mappings in one

Message = dict[str, Any]


class Garbage(TraplineError):
    """Bytes that are no message of the protocol."""


class Request(NamedTuple):
    """What a client asks for; `arguments` are as it sent them, and nothing is known of them."""

    seq: int
    command: str
    arguments: Message


def framed(message: Message) -> bytes:
    """A message as bytes."""
    data = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(data), data)


def bodies(stream: BinaryIO) -> Iterator[bytes]:
    """The bodies of all messages, up to the end of the stream. Raises Garbage where the framing is broken."""
    while (length := _header(stream)) is not None:
        body = stream.read(length)
        if len(body) < length:
            raise Garbage("the client's last message is cut off")
        yield body


def _header(stream: BinaryIO) -> int | None:
    """How many bytes the header says that follow; None at the end of the stream."""
    found: int | None = None
    for number in range(MOST_FIELDS + 1):
        line = stream.readline(LONGEST_FIELD)
        if not line and not number:
            return None
        if line.strip() == b"" and line and number:
            break
        name, colon, value = line.partition(b":")
        if not colon or not line.endswith(b"\n"):
            raise Garbage(f"`{_shown(line)}` is no field of a header", "speak the Debug Adapter Protocol")
        if name.strip().lower() == b"content-length":
            found = _length(value.strip())
    if found is None:
        raise Garbage("a header has no `Content-Length`", "speak the Debug Adapter Protocol")
    return found


def _length(value: bytes) -> int:
    if not value.isdigit() or len(value) > 12 or int(value) > LARGEST:
        raise Garbage(f"`{_shown(value)}` is not a length from 0 to {LARGEST}", "send less at a time")
    return int(value)


def _shown(data: bytes) -> str:
    return "".join([c if c.isprintable() else "." for c in data[:60].decode("latin-1").rstrip("\r\n")])


def request(body: bytes) -> Request | None:
    """The request in a message; None for an answer or an event, for which nobody has asked. Raises Garbage."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise Garbage("a message is not JSON") from None
    match message:
        case {"type": "request", "seq": int(seq), "command": str(command), **rest}:
            arguments = rest.get("arguments")
            if _deep(arguments) or not isinstance(arguments, dict | None):
                raise Garbage(f"the arguments of `{command:.40}` are not a mapping")
            return Request(seq, command, arguments or {})
        case {"type": "response" | "event"}:
            return None
    raise Garbage("a message is no request")


def _deep(value: object, levels: int = DEEPEST) -> bool:
    if not levels:
        return True
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_deep(v, levels - 1) for v in inside)
