"""A bar chart: a label, a bar, and the number in words, row by row. As a picture, or in characters for a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from trapline.drawing.svg import LETTER, LINE, Picture

_BAR, _GAP, _ROOM = 360, 12, 12  # pixels: the longest bar, between columns, around all


@dataclass(frozen=True, slots=True)
class Bar:
    """`value` from 0 up, None where there is none; `says` is what stands behind it; `kind` is a class of the picture's
    style (`good`, `bad`, `other`)."""

    label: str
    value: float | None
    says: str
    kind: str = "other"


def drawn(title: str, bars: Sequence[Bar]) -> Picture:
    """The chart as a picture; the longest bar is the largest value."""
    left = _ROOM + LETTER * max((len(b.label) for b in bars), default=0) + _GAP
    right = LETTER * max((len(b.says) for b in bars), default=0) + _GAP + _ROOM
    picture = Picture(title, max(left + _BAR + right, 2 * _ROOM + LETTER * len(title)), LINE * (len(bars) + 2) + _ROOM)
    picture.text(_ROOM, LINE, title, "strong")
    for row, (bar, share) in enumerate(zip(bars, _shares(bars), strict=True)):
        base = LINE * (row + 2.5)
        picture.text(left - _GAP, base, bar.label, anchor="end")
        if share is not None:
            picture.rectangle(left, base - 11, max(1, share * _BAR), 13, bar.kind, f"{bar.label}: {bar.says}")
        picture.text(left + (share or 0) * _BAR + _GAP, base, bar.says, "faint")
    return picture


def written(bars: Sequence[Bar], width: int = 40) -> list[str]:
    """The chart in characters, at most `width` of them a bar."""
    label = max((len(b.label) for b in bars), default=0)
    lines = []
    for bar, share in zip(bars, _shares(bars), strict=True):
        cells = "" if share is None else "#" * max(1, round(share * width))
        lines.append(f"{bar.label:<{label}}  {cells}{' ' if cells else ''}{bar.says}")
    return lines


def _shares(bars: Sequence[Bar]) -> list[float | None]:
    most = max((b.value for b in bars if b.value is not None), default=0) or 1
    return [None if b.value is None else b.value / most for b in bars]
