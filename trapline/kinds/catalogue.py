"""The kinds, in the order in which they are shown."""

from functools import partial

from monitor.techniques import TECHNIQUES
from trapline.kinds.derived import bare, derived
from trapline.kinds.kind import Kind
from trapline.kinds.mended import mended

KINDS = (
    Kind("bare", "no monitor", bare),
    *(Kind(name, t.summary, partial(derived, technique=t)) for name, t in TECHNIQUES.items()),
    Kind("repaired", "the machine with the fewest guards that make Theorem 1 hold, under trap", mended),
)
