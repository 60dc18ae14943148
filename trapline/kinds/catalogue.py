"""The kinds, in the order in which they are shown."""

from functools import partial

from monitor.techniques import PARAVIRTUAL, TECHNIQUES
from trapline.kinds.assembly import assembled
from trapline.kinds.called import called
from trapline.kinds.derived import bare, derived
from trapline.kinds.kind import Kind
from trapline.kinds.mended import mended

PROGRAMS = {
    "type 1": ("a monitor that is a program of the machine itself", "vmm"),
    "type 2": ("a monitor that is a process of an operating system", "hosted"),
}
KINDS = (
    Kind("bare", "no monitor", bare),
    *(Kind(n, t.summary, partial(derived, technique=t)) for n, t in TECHNIQUES.items() if t is not PARAVIRTUAL),
    Kind(PARAVIRTUAL.name, PARAVIRTUAL.summary, called),
    *(Kind(name, says, partial(assembled, name=name, monitor=program)) for name, (says, program) in PROGRAMS.items()),
    Kind("repaired", "the machine with the fewest guards that make Theorem 1 hold, under trap", mended),
)
