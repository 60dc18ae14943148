"""The lattice of a space as a picture: machines by how many switches are away from their first setting, in rows, each a
square by the monitor that it admits. Where there are too many for squares, each row is a bar of shares."""

from collections import Counter

from proofs.terms.solving import Found
from trapline.drawing.svg import LETTER, LINE, Picture
from trapline.sweeping.row import Row, Swept

_SQUARE, _GAP, _WIDEST = 12, 3, 720  # pixels; the widest row of squares
KINDS = {"trap-and-emulate": "good", "hybrid only": "other", "neither": "bad", "open": "paper line"}


def kind(row: Row) -> str:
    """The monitor that a machine admits."""
    one, _, three = row.theorems
    if one is Found.YES:
        return "trap-and-emulate"
    if Found.UNKNOWN in (one, three):
        return "open"
    return "hybrid only" if three is Found.YES else "neither"


def lattice(swept: Swept) -> Picture:
    """The picture, with a legend that counts."""
    firsts = tuple(next(iter(switch.texts)) for switch in swept.space.switches)
    levels: dict[int, list[Row]] = {}
    for row in swept.rows:
        away = sum(have != first for have, first in zip(row.settings, firsts, strict=True))
        levels.setdefault(away, []).append(row)
    left = LETTER * 16
    high = LINE * (len(levels) + len(KINDS) + 4)
    title = f"{len(swept.rows):,} machines by how many switches are turned"
    picture = Picture(title, left + _WIDEST + 20, high)
    picture.text(10, LINE, title, "strong")
    for level, rows in sorted(levels.items()):
        base = LINE * (level + 2.5)
        picture.text(left - 10, base, f"{level} turned: {len(rows):,}", anchor="end")
        _level(picture, left, base - 11, rows)
    _legend(picture, left, LINE * (len(levels) + 3.5), Counter(map(kind, swept.rows)))
    return picture


def _level(picture: Picture, x: float, y: float, rows: list[Row]) -> None:
    order = sorted(rows, key=lambda row: list(KINDS).index(kind(row)))
    if len(rows) * (_SQUARE + _GAP) <= _WIDEST:
        for number, row in enumerate(order):
            says = f"{' '.join(row.settings)}: {kind(row)} {' '.join(row.culprits)}".rstrip()
            picture.rectangle(x + number * (_SQUARE + _GAP), y, _SQUARE, _SQUARE, KINDS[kind(row)], says)
        return
    for name, count in Counter(map(kind, order)).items():
        width = _WIDEST * count / len(rows)
        picture.rectangle(x, y, width, _SQUARE, KINDS[name], f"{count:,} {name}")
        x += width


def _legend(picture: Picture, x: float, y: float, counts: "Counter[str]") -> None:
    for number, (name, style) in enumerate(KINDS.items()):
        picture.rectangle(x, y + number * LINE - 11, _SQUARE, _SQUARE, style)
        picture.text(x + _SQUARE + 8, y + number * LINE, f"{counts[name]:,} {name}")
