"""Storage and instructions: `readMemory`, `writeMemory`, `disassemble`.

A reference is `0x13`, an address as the machine sees it now, or `[0x213]`, a place in its storage; `2:` before it says
of which thread's machine. Addresses count words. Bytes count four to a word of 32 bits, the lowest first.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import NamedTuple

from isa.errors import UsageError
from isa.machine import Machine
from trapline.adapter.arguments import Arguments
from trapline.adapter.framing import Message
from trapline.adapter.session import Perform, Session
from trapline.adapter.sources import located
from trapline.adapter.stack import machine_named
from trapline.debugging.code import Row, code, words

MOST_ROWS = 1 << 16
MOST_BYTES = 1 << 20
_REFERENCE = re.compile(r"(?:(\d{1,2}):)?(\[)?(-?(?:0x[0-9a-fA-F]{1,16}|\d{1,19}))(?(2)\])", re.ASCII)


class Reference(NamedTuple):
    """`placed`: the address is a place in storage."""

    machine: Machine
    address: int
    placed: bool
    thread: int

    def word_of(self, ahead: int) -> int | None:
        """The place of a word so far ahead, where there is one."""
        if self.placed:
            inside = 0 <= self.address + ahead < self.machine.storage.size
            return self.address + ahead if inside else None
        return code(self.machine, None, self.address + ahead, 1)[0].place


def reference(session: Session, text: str) -> Reference:
    """Raises UsageError for what is none."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise UsageError(f"`{text:.60}` is no reference", "write an address such as `0x13`, or a place, `[0x213]`")
    thread, place, number = found.groups()
    return Reference(machine_named(session, thread or ""), int(number, 0), place is not None, int(thread or 1))


def bytes_of_word(machine: Machine) -> int:
    return (machine.isa.storage.width + 7) // 8


# ---- reading and writing


def read_memory(session: Session, arguments: Arguments) -> Message:
    where, size, first, count = _range(session, arguments, arguments.number("count"))
    data = bytearray()
    for word in _words(where, first // size, (first + count + size - 1) // size - first // size):
        if word is None:
            break
        data += word.to_bytes(size, "little")
    found = bytes(data[first % size : first % size + count])
    body: Message = {"address": f"{where.address + first // size:#x}", "data": b64encode(found).decode()}
    if len(found) < count:
        body["unreadableBytes"] = count - len(found)
    return body


def _range(session: Session, arguments: Arguments, count: int) -> tuple[Reference, int, int, int]:
    """The reference, the bytes of a word, how many bytes behind the reference it begins, and how many there are."""
    if not 0 <= count <= MOST_BYTES:
        raise UsageError(f"`count` is not from 0 to {MOST_BYTES}", "ask for less at a time")
    where = reference(session, arguments.text("memoryReference"))
    return where, bytes_of_word(where.machine), arguments.number("offset", 0), count


def _words(where: Reference, ahead: int, count: int) -> Iterator[int | None]:
    if where.placed:
        yield from words(where.machine, where.address + ahead, count)
    else:
        yield from (row.word for row in code(where.machine, None, where.address + ahead, count))


def write_memory(session: Session, arguments: Arguments) -> Message:
    try:
        data = b64decode(arguments.text("data"), validate=True)
    except ValueError:
        raise UsageError("`data` is not base64") from None
    where, size, first, _ = _range(session, arguments, len(data))
    if session.guest(where.thread) is None:
        raise UsageError("the machines under a monitor are its own", "change the guest's")
    places = [where.word_of(n) for n in range(first // size, (first + len(data) + size - 1) // size)]
    end = places.index(None) if None in places else len(places)
    written = min(len(data), max(0, end * size - first % size)) if end else 0
    if written < len(data) and not arguments.flag("allowPartial"):
        raise UsageError("not all of that is in the storage", f"{written} bytes are")
    with session.seen_from(where.thread):
        _change(session, [p for p in places[:end] if p is not None], first % size, data[:written], size)
    return {"offset": 0, "bytesWritten": written}


def _change(session: Session, places: list[int], skip: int, data: bytes, size: int) -> None:
    """Put bytes into the words at these places, behind so many bytes of the first."""
    machine = session.debugger.machine
    held = bytearray(b"".join(machine.storage.load(place).to_bytes(size, "little") for place in places))
    held[skip : skip + len(data)] = data
    mask = (1 << machine.isa.storage.width) - 1
    values = [int.from_bytes(held[n : n + size], "little") & mask for n in range(0, len(held), size)]
    session.put(dict(zip(places, values, strict=True)))


# ---- instructions


def disassemble(session: Session, arguments: Arguments) -> Message:
    count = arguments.number("instructionCount")
    if not 0 <= count <= MOST_ROWS:
        raise UsageError(f"`instructionCount` is not from 0 to {MOST_ROWS}", "ask for less at a time")
    where = reference(session, arguments.text("memoryReference"))
    first = where.address + arguments.number("offset", 0) + arguments.number("instructionOffset", 0)
    guest = session.guest(where.thread)
    image = guest.image if guest else None
    rows = code(where.machine, image, first, count, placed=where.placed)
    return {"instructions": [_instruction(session, where, row) for row in rows]}


def _instruction(session: Session, where: Reference, row: Row) -> Message:
    """Addresses below 0 are written in decimal: clients read no hexadecimal number with a sign."""
    address = f"{row.pc:#x}" if row.pc >= 0 else str(row.pc)
    if row.word is None:
        return {"address": address, "instruction": "", "presentationHint": "invalid"}
    digits = bytes_of_word(where.machine) * 2
    shown: Message = {"address": address, "instruction": row.text, "instructionBytes": f"{row.word:0{digits}x}"}
    if row.label:
        shown["symbol"] = row.label
    if row.line is not None:
        place = located(session, row.line)
        shown |= {"location": place["source"], "line": place["line"]}
    return shown


REQUESTS: dict[str, Perform] = {"readMemory": read_memory, "writeMemory": write_memory, "disassemble": disassemble}
