"""What is done at keyboard and pointer, in words: for the command line, and for tests.

a  Return  0x20         a key, by its character, its name in X11 or its number there: down, and up again
Shift_L:1  Shift_L:0    down; up
120,80  120,80:1        a click of the left button there; the pointer there with these buttons down, as a number
=hello                  each of these characters
"""

import re
from collections.abc import Iterable

from isa.devices.keys import pointed, pressed
from isa.errors import UsageError

LEFT = 1  # of the buttons
NAMED = {  # <X11/keysymdef.h>; characters of Latin-1 are their own numbers
    "space": 0x20,
    "comma": 0x2C,
    "colon": 0x3A,
    "equal": 0x3D,
    "BackSpace": 0xFF08,
    "Tab": 0xFF09,
    "Return": 0xFF0D,
    "Escape": 0xFF1B,
    "Home": 0xFF50,
    "Left": 0xFF51,
    "Up": 0xFF52,
    "Right": 0xFF53,
    "Down": 0xFF54,
    "Page_Up": 0xFF55,
    "Page_Down": 0xFF56,
    "End": 0xFF57,
    "Insert": 0xFF63,
    **{f"F{number}": 0xFFBD + number for number in range(1, 13)},
    "Shift_L": 0xFFE1,
    "Control_L": 0xFFE3,
    "Alt_L": 0xFFE9,
    "Delete": 0xFFFF,
}
_POINTER = re.compile(r"(\d{1,4}),(\d{1,4})(?::(\d{1,2}))?")
_KEY = re.compile(r"(.+?)(?::([01]))?")


def events(words: Iterable[str]) -> bytes:
    """All of it, event by event (`isa.devices.Keys`). Raises UsageError for a word that means nothing."""
    return b"".join(map(_events, words))


def _events(word: str) -> bytes:
    if word.startswith("="):
        return b"".join(_key(_character(letter), None) for letter in word[1:])
    if found := _POINTER.fullmatch(word):
        column, row = int(found[1]), int(found[2])
        after = (0, LEFT, 0) if found[3] is None else (int(found[3]),)
        return b"".join(pointed(column, row, buttons) for buttons in after)
    if found := _KEY.fullmatch(word):
        return _key(_symbol(found[1]), found[2])
    raise UsageError(f"{word!r:.40} is no key and no place", "write `Return`, `=text` or `120,80`")


def _key(symbol: int, down: str | None) -> bytes:
    return b"".join(pressed(symbol, down == "1") for down in ([down] if down else "10"))


def _symbol(name: str) -> int:
    if name in NAMED:
        return NAMED[name]
    if re.fullmatch(r"0x[0-9a-fA-F]{1,7}", name):
        return int(name, 16)
    if len(name) == 1:
        return _character(name)
    raise UsageError(f"there is no key {name!r:.40}", f"keys are characters, 0xNUMBER, {', '.join(NAMED)}")


def _character(letter: str) -> int:
    """As X11 has it: beyond Latin-1, with a bit of its own."""
    return ord(letter) if ord(letter) < 0x100 else 0x1000000 | ord(letter)
