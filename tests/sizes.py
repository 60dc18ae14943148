"""How large the properties are: `quick` (the default) draws the same few examples each time, `nightly` many new ones.

Choose with HYPOTHESIS_PROFILE; a nightly failure prints a `reproduce_failure` line that becomes an explicit example.

The nightly sizes fill about forty minutes of two cores (`make nightly`), no test more than eight minutes of one. To go
beyond, `TRAPLINE_NIGHTLY=10 make nightly` draws ten times as many, and takes ten times as long.
"""

import os

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "quick")
NIGHTLY = PROFILE == "nightly"
TIMES = int(os.environ.get("TRAPLINE_NIGHTLY", "1"))


def sized(quick: int, nightly: int) -> int:
    return nightly * TIMES if NIGHTLY else quick


EXAMPLES = sized(15, 500)  # of a property, if it does not say otherwise
HISTORIES, RULES = sized(12, 300), 50 if NIGHTLY else 25  # of a monitor as a state machine, and steps of each
HOSTILE = sized(1, 60)  # times a thousand guests
VARIANTS = sized(0, 1500)  # beside one of each kind
SECOND_OPINION = sized(60, 240)  # seconds for all questions of a machine, of which one question has a twentieth
