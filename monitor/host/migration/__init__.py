"""Live migration: a machine goes from one host to another while it runs, and cannot tell.

`wire.py` is how two hosts speak, `leaving.py` is the side that a machine leaves, `offering.py` how that finds what the
other lacks, and `arriving.py` the side where it arrives. `taking.py` asks for objects, `ahead.py` is a machine that
runs before all of it has come, and `absent.py` what it runs in.

**Who has it.** Whoever is killed when, there is one machine in the end, and never two that run. The decision is the
source's alone, and one transaction of its ledger: before it, the machine is the source's, and what the target holds may
be thrown away; after it, the machine is the target's, which holds all of it on its disk already (it has said so, or the
source would not have decided), and which runs it when it is told. A target that was not told keeps it, and does not run
it; the source remembers what it has decided until the target has said that it knows, and tells it whenever the two
speak. A target that holds something the source has not decided about is told to forget it.
"""

from monitor.host.migration.arriving import receive
from monitor.host.migration.leaving import Outcome, Pace, migrate
from monitor.host.migration.wire import Channel, Lost

__all__ = ["Channel", "Lost", "Outcome", "Pace", "migrate", "receive"]
