"""Which lines of a trace are wanted. The options that say so are in `trapline.tracing.options`."""

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass

from isa.errors import UsageError
from isa.machine.records import NEVER, RECORD, Kind, Records
from trapline.options import natural

_BEGIN, _REST = rb"[\x00-\x02]", rb"[^\x00-\x02]"  # kinds: see `isa.machine.records.BEGINS`
_LINE = re.compile(_BEGIN + _REST + rb"*")
_TRAPPED = re.compile(_BEGIN + rb"[^\x00-\x02\x04]*" + bytes([Kind.TRAP]) + _REST + rb"*")


@dataclass(frozen=True, slots=True)
class Choice:
    """The steps from `first` up to before `stop`; with `ranges` only at a pc in one of them (both ends are in), and
    with `traps_only` only those that trapped."""

    first: int = 0
    stop: int = NEVER
    ranges: tuple[tuple[int, int], ...] = ()
    traps_only: bool = False

    def kept(self, records: Records) -> Records:
        """The records of the lines that are wanted."""
        if not len(records) or not self._wants_any(records):
            return b""
        whole = self.first <= _step(records, 0) and _step(records, len(records) - RECORD.size) < self.stop
        if whole and not self.ranges and not self.traps_only:
            return records
        kinds = bytes(records[8 :: RECORD.size])
        lines = (_TRAPPED if self.traps_only else _LINE).finditer(kinds)
        spans = ((line.start() * RECORD.size, line.end() * RECORD.size) for line in lines)
        return b"".join(records[at:end] for at, end in spans if self._wants(records, at))

    def _wants_any(self, records: Records) -> bool:
        return _step(records, 0) < self.stop and _step(records, len(records) - RECORD.size) >= self.first

    def _wants(self, records: Records, at: int) -> bool:
        step, _, pc, _ = RECORD.unpack_from(records, at)
        inside = not self.ranges or any(low <= pc <= high for low, high in self.ranges)
        return inside and self.first <= step < self.stop


def _step(records: Records, at: int) -> int:
    step: int = RECORD.unpack_from(records, at)[0]
    return step


def choice(arguments: argparse.Namespace, labels: Mapping[str, int]) -> Choice:
    """What the options say. Raises UsageError for steps in the wrong order, and for a label that is none."""
    first = arguments.first or 0
    stop = NEVER if arguments.last is None else arguments.last + 1
    if stop <= first:
        raise UsageError(f"no step is from {first} to {stop - 1}", "let `--to` be at least `--from`")
    ranges = tuple(_range(text, labels) for text in arguments.pc or ())
    return Choice(first, stop, ranges, arguments.traps_only)


def _range(text: str, labels: Mapping[str, int]) -> tuple[int, int]:
    low, colon, high = text.partition(":")
    first = _pc(low, labels)
    last = _pc(high, labels) if colon else first
    if last < first:
        raise UsageError(f"no pc is in `{text}`", "write the lower end first; both are in the range")
    return first, last


def _pc(text: str, labels: Mapping[str, int]) -> int:
    if text in labels:
        return labels[text]
    try:
        return natural(text)
    except argparse.ArgumentTypeError:
        from difflib import get_close_matches

        near = get_close_matches(text, labels, 3)
        help = f"did you mean {' or '.join(near)}?" if near else "write a number, or a label of the guest"
        raise UsageError(f"there is no label `{text}` in this guest", help) from None
