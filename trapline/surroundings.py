"""Whether the modules that Trapline is going to import are its own: see `isa.siblings`. Since `isa` itself may be
another, nothing is taken for granted here.
"""

import os
import sys
from importlib.util import find_spec

SIBLINGS = ("isa", "monitor", "proofs", "guests")


def check() -> None:
    """Raises ImportError, which names the file, if another module stands where one of ours should be."""
    try:
        from isa.siblings import check as beside
    except ImportError:
        help = "rename it, or start Python where it is not found first: Trapline needs the name `isa`"
        raise ImportError(f"`isa` is {_isa()}, not Trapline's\nhelp: {help}", name="isa") from None
    beside(__file__, *SIBLINGS)


def _isa() -> str:
    spec = find_spec("isa")
    return (spec.origin if spec else None) or "missing"


def is_command() -> bool:
    """Whether this process is the command `trapline`, which tells of errors in its own way."""
    return sys.argv[:1] == ["-m"] or os.path.basename(sys.argv[0] if sys.argv else "") in ("trapline", "trapline.exe")
