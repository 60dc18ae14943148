"""The text of a log point: what stands in braces is an expression, and its value is put there."""

import re

from isa.errors import TraplineError
from trapline.debugging.words import Debugger

_HOLE = re.compile(r"\{([^{}]*)\}")


def filled(debugger: Debugger, text: str) -> str:
    """One that has no value says so in its place, and nothing stops for it."""

    def value(found: re.Match[str]) -> str:
        try:
            return str(debugger.number(found[1]))
        except TraplineError as error:
            return f"({error.message})"

    return _HOLE.sub(value, text)
