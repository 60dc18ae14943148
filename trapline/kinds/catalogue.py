"""The kinds, in the order in which they are shown."""

from functools import partial

from monitor.techniques import PARAVIRTUAL, TECHNIQUES
from trapline.kinds.called import called
from trapline.kinds.derived import bare, derived
from trapline.kinds.kind import Kind
from trapline.kinds.mended import mended

KINDS = (
    Kind("bare", "no monitor", bare),
    *(Kind(n, t.summary, partial(derived, technique=t)) for n, t in TECHNIQUES.items() if t is not PARAVIRTUAL),
    Kind(PARAVIRTUAL.name, PARAVIRTUAL.summary, called),
    Kind("repaired", "the machine with the fewest guards that make Theorem 1 hold, under trap", mended),
)
