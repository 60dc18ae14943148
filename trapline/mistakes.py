"""Mistakes of Trapline's own: what nobody foresaw is told in a line, with its place, and ends with a code of its own.

Python's developer mode (`python -X dev -m trapline`) shows all of it instead.
"""

import os
import sys
from traceback import extract_tb

from isa.errors import TraplineError

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Mistake(TraplineError):
    """Something is wrong with Trapline; exit code 70."""

    exit_code = 70


def mistake(error: Exception) -> Mistake:
    """What to say of an error that nobody has caught. Raises it in developer mode."""
    if sys.flags.dev_mode:
        raise error
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    return Mistake(
        f"a mistake in Trapline: {text:.200}{_place(error)}",
        "please report it, with what led there; `python -X dev -m trapline ...` says more",
    )


def _place(error: Exception) -> str:
    """The last line of ours on the way there, or the last of all."""
    frames = extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(ROOT)] or list(frames)
    return f" ({os.path.relpath(ours[-1].filename, ROOT)}:{ours[-1].lineno})" if ours else ""
