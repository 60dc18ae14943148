"""Images in QEMU's format qcow2, version 3: they take the room that was written, and can stand on another image.

The specification is QEMU's docs/interop/qcow2.txt. `header.py` is the first cluster, `entries.py` what tables say,
`counts.py` how often each cluster is used and which are free, `image.py` is the volume, `making.py` creates one,
`snapshots.py` keeps inside it what it was, and `changing.py` moves one off or into what it stands on. `checking.py`
looks whether all of it fits together, as `qemu-img check` does.

What keeps an image whole when the process is killed is the order of writes: a cluster is counted before it is filled,
and filled before anything points to it. So the worst that is left is a cluster that is counted and not used, and a bit
in the header says that there may be some: whoever opens such an image next counts anew. When the power fails counts may
be anything, and are made anew likewise; that a cluster was filled before it was pointed to is kept by flushes.
"""

from monitor.volumes.qcow2.changing import commit, rebase
from monitor.volumes.qcow2.checking import Findings, check
from monitor.volumes.qcow2.image import Image
from monitor.volumes.qcow2.making import create

__all__ = ["Findings", "Image", "check", "commit", "create", "rebase"]
