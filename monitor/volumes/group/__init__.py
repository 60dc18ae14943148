"""Groups: one volume made of several parts, which goes on when parts fail as far as its level allows.

`levels.py` says where each byte lies and how what is lost follows from the rest, as arithmetic alone. `part.py` is one
part with its label, journal and sums; `group.py` puts them together; `mending.py` scrubs and rebuilds. `definition.py`
is the file that names the parts.

Every write stands in the journal of every part before any part of it is done, so that a kill between two writes leaves
no stripe half-written: without that, a part that is lost later could not be computed from the others, which is called
the *write hole*. Every block has a sum, which also lies on the next part: so what rots, and a write that a part only
said it had done, is noticed, and read from the others.
"""

from monitor.volumes.group.definition import Definition, make, open_group
from monitor.volumes.group.group import Group
from monitor.volumes.group.levels import LEVELS
from monitor.volumes.group.mending import rebuild, scrub

__all__ = ["LEVELS", "Definition", "Group", "make", "open_group", "rebuild", "scrub"]
