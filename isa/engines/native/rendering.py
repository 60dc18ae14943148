"""Text of records in native code, which copies: what a record says is put into words in Python (`isa.machine.wording`),
once, and then found in a table by the record's kind and two numbers. Values of what changed are spelt here.

It is written in LLVM's own text, since nothing of it depends on a machine.
"""

import ctypes
from functools import cache as once
from struct import Struct

from isa.engines.native.compiler import Compiler, Linked, Tier
from isa.engines.native.frame import Execute, address, callable_at
from isa.files import cache
from isa.machine.records import BEGINS, RECORD, Kind, Records
from isa.machine.wording import Text, Wording

SLOTS = 1 << 16  # of the table
SLOT = Struct("<QQQQQ")  # the kind and 1, or 0; the two numbers; where the text begins, and its length
ARENA = 1 << 22  # bytes of texts
OUT = 1 << 20  # bytes that are written together
SLACK = 64  # bytes behind a text that may be written: the number of the step, and what is copied too much
LONGEST = 1 << 12  # bytes of one text
FULL, MISSING = 1, 2

RENDER = f"""
define i64 @render(ptr %sheet, i64 %unused, i64 %other) {{
entry:
  %digits = alloca [56 x i8]
  %out.field = getelementptr i64, ptr %sheet, i64 2
  %slot.field = getelementptr i64, ptr %sheet, i64 6
  %at.0 = load i64, ptr %sheet
  %end.field = getelementptr i64, ptr %sheet, i64 1
  %end = load i64, ptr %end.field
  %out.0 = load i64, ptr %out.field
  %limit.field = getelementptr i64, ptr %sheet, i64 3
  %limit = load i64, ptr %limit.field
  %index.field = getelementptr i64, ptr %sheet, i64 4
  %index = load ptr, ptr %index.field
  %arena.field = getelementptr i64, ptr %sheet, i64 5
  %arena = load ptr, ptr %arena.field
  br label %record
record:
  %at = phi i64 [ %at.0, %entry ], [ %at.next, %next ]
  %out = phi i64 [ %out.0, %entry ], [ %out.next, %next ]
  %more = icmp ult i64 %at, %end
  br i1 %more, label %look, label %leave
look:
  %p = inttoptr i64 %at to ptr
  %p.kind = getelementptr i8, ptr %p, i64 8
  %kind.8 = load i8, ptr %p.kind
  %kind = zext i8 %kind.8 to i64
  %tag = add i64 %kind, 1
  %p.first = getelementptr i8, ptr %p, i64 9
  %first = load i64, ptr %p.first, align 1
  %p.second = getelementptr i8, ptr %p, i64 17
  %number.hex = load i64, ptr %p.second, align 1
  %changed = icmp eq i64 %kind, {int(Kind.CHANGED)}
  %second = select i1 %changed, i64 0, i64 %number.hex
  %m.1 = mul i64 %first, {0x9E3779B97F4A7C15 - (1 << 64)}
  %m.2 = add i64 %m.1, %second
  %m.3 = mul i64 %m.2, {0xC2B2AE3D27D4EB4F - (1 << 64)}
  %m.4 = add i64 %m.3, %kind
  %m.5 = mul i64 %m.4, {0x165667B19E3779F9}
  %slot.0 = lshr i64 %m.5, {64 - (SLOTS.bit_length() - 1)}
  br label %probe
probe:
  %slot = phi i64 [ %slot.0, %look ], [ %slot.next, %another ]
  %offset = mul i64 %slot, {SLOT.size}
  %s = getelementptr i8, ptr %index, i64 %offset
  %s.tag = load i64, ptr %s
  %empty = icmp eq i64 %s.tag, 0
  br i1 %empty, label %missing, label %compare
compare:
  %s.first.at = getelementptr i64, ptr %s, i64 1
  %s.first = load i64, ptr %s.first.at
  %s.second.at = getelementptr i64, ptr %s, i64 2
  %s.second = load i64, ptr %s.second.at
  %d.1 = xor i64 %s.tag, %tag
  %d.2 = xor i64 %s.first, %first
  %d.3 = xor i64 %s.second, %second
  %d.4 = or i64 %d.1, %d.2
  %d = or i64 %d.3, %d.4
  %same = icmp eq i64 %d, 0
  br i1 %same, label %found, label %another
another:
  %slot.more = add i64 %slot, 1
  %slot.next = and i64 %slot.more, {SLOTS - 1}
  br label %probe
found:
  %s.text = getelementptr i64, ptr %s, i64 3
  %text.offset = load i64, ptr %s.text
  %text = getelementptr i8, ptr %arena, i64 %text.offset
  %s.length = getelementptr i64, ptr %s, i64 4
  %length = load i64, ptr %s.length
  %need.1 = add i64 %out, %length
  %need = add i64 %need.1, {SLACK}
  %over = icmp ugt i64 %need, %limit
  br i1 %over, label %leave, label %room
room:
  %begins = icmp ule i64 %kind, {max(BEGINS)}
  br i1 %begins, label %line, label %words
line:
  %step = load i64, ptr %p, align 1
  br label %digit
digit:
  %left = phi i64 [ %step, %line ], [ %tenth, %digit ]
  %place = phi i64 [ 24, %line ], [ %place.next, %digit ]
  %tenth = udiv i64 %left, 10
  %tens = mul i64 %tenth, 10
  %value = sub i64 %left, %tens
  %value.8 = trunc i64 %value to i8
  %character = add i8 %value.8, 48
  %place.next = sub i64 %place, 1
  %digit.at = getelementptr i8, ptr %digits, i64 %place.next
  store i8 %character, ptr %digit.at
  %last = icmp eq i64 %tenth, 0
  br i1 %last, label %number, label %digit
number:
  %out.p = inttoptr i64 %out to ptr
  store i8 10, ptr %out.p
  %number.p = getelementptr i8, ptr %out.p, i64 1
  %number.1 = load i64, ptr %digit.at, align 1
  store i64 %number.1, ptr %number.p, align 1
  %digit.2 = getelementptr i8, ptr %digit.at, i64 8
  %number.2 = load i64, ptr %digit.2, align 1
  %number.p.2 = getelementptr i8, ptr %number.p, i64 8
  store i64 %number.2, ptr %number.p.2, align 1
  %digit.3 = getelementptr i8, ptr %digit.at, i64 16
  %number.3 = load i64, ptr %digit.3, align 1
  %number.p.3 = getelementptr i8, ptr %number.p, i64 16
  store i64 %number.3, ptr %number.p.3, align 1
  %size = sub i64 25, %place.next
  %out.line = add i64 %out, %size
  br label %words
words:
  %out.words = phi i64 [ %out, %room ], [ %out.line, %number ]
  %to = inttoptr i64 %out.words to ptr
  br label %copy
copy:
  %k = phi i64 [ 0, %words ], [ %k.next, %part ]
  %go = icmp ult i64 %k, %length
  br i1 %go, label %part, label %copied
part:
  %from.k = getelementptr i8, ptr %text, i64 %k
  %eight = load i64, ptr %from.k, align 1
  %to.k = getelementptr i8, ptr %to, i64 %k
  store i64 %eight, ptr %to.k, align 1
  %k.next = add i64 %k, 8
  br label %copy
copied:
  %out.copied = add i64 %out.words, %length
  %spelt = icmp ne i64 %length, 0
  %spells = and i1 %changed, %spelt
  br i1 %spells, label %hex, label %next
hex:
  %some = or i64 %number.hex, 1
  %zeros = call i64 @llvm.ctlz.i64(i64 %some, i1 true)
  %shift.0 = sub i64 60, %zeros
  %shift.1 = add i64 %shift.0, 3
  %shift.2 = and i64 %shift.1, -4
  %hex.p = inttoptr i64 %out.copied to ptr
  br label %nibble
nibble:
  %shift = phi i64 [ %shift.2, %hex ], [ %shift.next, %nibble ]
  %h = phi i64 [ 0, %hex ], [ %h.next, %nibble ]
  %shifted = lshr i64 %number.hex, %shift
  %nibble.v = and i64 %shifted, 15
  %small = icmp ult i64 %nibble.v, 10
  %base = select i1 %small, i64 48, i64 87
  %hex.c = add i64 %nibble.v, %base
  %hex.8 = trunc i64 %hex.c to i8
  %hex.at = getelementptr i8, ptr %hex.p, i64 %h
  store i8 %hex.8, ptr %hex.at
  %h.next = add i64 %h, 1
  %shift.next = sub i64 %shift, 4
  %hex.last = icmp eq i64 %shift, 0
  br i1 %hex.last, label %hexed, label %nibble
hexed:
  %out.hexed = add i64 %out.copied, %h.next
  br label %next
next:
  %out.next = phi i64 [ %out.copied, %copied ], [ %out.hexed, %hexed ]
  %at.next = add i64 %at, {RECORD.size}
  br label %record
missing:
  store i64 %offset, ptr %slot.field
  br label %leave
leave:
  %why = phi i64 [ 0, %record ], [ {FULL}, %found ], [ {MISSING}, %missing ]
  store i64 %at, ptr %sheet
  store i64 %out, ptr %out.field
  ret i64 %why
}}
declare i64 @llvm.ctlz.i64(i64, i1)
"""


class NativeText(Text):
    """As `isa.machine.wording.Text`, many times faster."""

    def __init__(self, wording: Wording) -> None:
        super().__init__(wording)
        self._wording, (_, self._render) = wording, _code()
        self._index, self._arena, self._out = bytearray(SLOTS * SLOT.size), bytearray(ARENA), bytearray(OUT)
        self._known = self._used = 0  # texts in the table, and bytes of the arena
        first = address(self._out)
        self._sheet = (ctypes.c_uint64 * 7)(0, 0, first, first + OUT, address(self._index), address(self._arena), 0)

    def of(self, records: Records) -> bytes:
        """The lines, each with its end."""
        sheet, first, parts = self._sheet, address(self._out), list[bytes]()
        start = _address(records)
        sheet[0], sheet[1], why = start, start + len(records), FULL
        while why:
            why = self._render(ctypes.addressof(sheet), 0, 0)
            if why == MISSING:
                self._add(bytes(records[sheet[0] - start :][: RECORD.size]))
            else:
                parts.append(bytes(self._out[: sheet[2] - first]))
                sheet[2] = first
        return b"".join(parts)[1:] + b"\n" if len(records) else b""

    def _add(self, record: bytes) -> None:
        """Put what a record says into the slot that was found for it."""
        _, kind, one, two = RECORD.unpack(record)
        if kind == Kind.CHANGED:
            two = 0  # the value is spelt in native code: there are too many
        text = self._wording.piece(kind, one, two).encode("ascii", "backslashreplace")[:LONGEST]
        if kind == Kind.CHANGED:
            text = text[:-1]
        if self._known >= SLOTS // 2 or self._used + len(text) + SLACK > ARENA:
            self._index[:] = bytes(len(self._index))
            self._known = self._used = 0
            return
        SLOT.pack_into(self._index, self._sheet[6], kind + 1, one, two, self._used, len(text))
        self._arena[self._used : self._used + len(text)] = text
        self._known, self._used = self._known + 1, self._used + len(text)


def _address(records: Records) -> int:
    """Where records lie. They must outlive the use of the address."""
    if isinstance(records, bytes):
        return ctypes.cast(ctypes.c_char_p(records), ctypes.c_void_p).value or 0
    return address(records)


@once
def _code() -> tuple[Linked, Execute]:
    """The compiled function, and what it lives as long as."""
    linked = Compiler().load(RENDER, Tier.FULL, cache.digest(RENDER), ("render",))
    return linked, callable_at(linked.address("render"))
