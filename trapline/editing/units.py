"""Columns as the wire counts them: by default in units of UTF-16, of which a character beyond U+FFFF takes two."""

from collections.abc import Callable

UTF16 = "utf-16"
_WIDTHS: dict[str, Callable[[str], int]] = {
    "utf-8": lambda c: 1 + (c > "\x7f") + (c > "\u07ff") + (c > "\uffff"),
    UTF16: lambda c: 1 + (c > "\uffff"),
    "utf-32": lambda c: 1,
}


def units(text: str, column: int, encoding: str = UTF16) -> int:
    """How many units stand before a column of a line."""
    return column if text.isascii() else sum(map(_WIDTHS[encoding], text[:column]))


def column(text: str, units: int, encoding: str = UTF16) -> int:
    """The column at so many units of a line; its end for more than it has, the next for the middle of a character."""
    if text.isascii():
        return min(max(units, 0), len(text))
    seen = 0
    for number, character in enumerate(text):
        if seen >= units:
            return number
        seen += _WIDTHS[encoding](character)
    return len(text)
