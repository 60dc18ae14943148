"""Volumes that hold what disks of machines hold: `volume = "web.toml"`, a file of the host's folder.

What a disk holds is contents of the host, since what machines do is kept whole or not at all. As soon as it is kept it
is written into the disk's volume too, where parts of a group may fail, and others read it. So a volume is never ahead
of its machine; one that is behind, as its process was killed or its parts could not be written, is written the next
time.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace

from isa.errors import TraplineError
from monitor.host.contents import BLOCK, Contents
from monitor.host.definition import Definition
from monitor.host.record import Record
from monitor.volumes.opening import open_volume
from monitor.volumes.volume import Volume


class Copies:
    """Those of the host in a folder. `behind` says of machines why their volumes could not be written."""

    def __init__(self, folder: str, contents: Contents) -> None:
        self.folder, self.contents = folder, contents
        self.behind: dict[str, str] = {}
        self._there: dict[str, str] = {}  # by file, the digest of what this process has written there

    def bring(self, records: Iterable[Record]) -> None:
        """Have the volumes of machines hold what their disks do, now that it is kept."""
        for record in records:
            self.behind.pop(record.name, None)
            for part, digest in zip(record.definition.disks, record.point.disks, strict=False):
                if part.volume and self._there.get(part.volume) != digest:
                    try:
                        self._write(part.volume, digest)
                    except (OSError, TraplineError) as error:
                        why = error.message if isinstance(error, TraplineError) else error.strerror or str(error)
                        self._there.pop(part.volume, None)
                        self.behind[record.name] = f"{part.volume} is behind: {why}"

    def _write(self, name: str, digest: str) -> None:
        with closing(open_volume(os.path.join(self.folder, name))) as volume:
            if volume.size != self.contents.size(digest):
                raise TraplineError(f"it has {volume.size:,} bytes, and the disk {self.contents.size(digest):,}")
            known = self._there.get(name)
            if known is not None:
                changed = self.contents.differences(known, digest)
            else:
                changed = self._compared(digest, volume)
            for number, block in changed:
                volume.write(number * BLOCK, block)
            volume.flush()
        self._there[name] = digest

    def _compared(self, digest: str, volume: Volume) -> Iterator[tuple[int, bytes]]:
        """The blocks that a volume has not, of what a disk holds."""
        data = self.contents.get(digest)
        for at in range(0, len(data), BLOCK):
            block = data[at : at + BLOCK]
            if volume.read(at, len(block)) != block:
                yield at // BLOCK, block


def without(definition: Definition) -> Definition:
    """The definition of a machine that has no volumes: each is one machine's."""
    return replace(definition, disks=tuple(replace(part, volume="") for part in definition.disks))


def check_alone(wanted: Definition, others: Iterable[Record]) -> None:
    """Whether the volumes that a machine asks for are nobody else's. Raises TraplineError."""
    taken = {part.volume: other.name for other in others for part in other.definition.disks if part.volume}
    for part in wanted.disks:
        if part.volume in taken:
            rule = f"{wanted.name} is to have the volume {part.volume}, which {taken[part.volume]} has"
            raise TraplineError(rule, "make another, or take what it holds: `file`")
