"""A disk by the name of its file: a raw one as it is, a volume (`monitor.volumes`) by what its name ends with."""

from contextlib import ExitStack, closing

from isa.description import Isa
from isa.devices import Disk
from isa.devices.backing import LARGEST_COPY, copied
from isa.devices.catalogue import port_width
from isa.errors import TraplineError

OURS = (".qcow2", ".toml", ".thin")


def attached(isa: Isa, path: str | None, read_only: bool, opened: ExitStack) -> Disk | str | None:
    """What to attach: a volume is open as long as `opened` is. Raises TraplineError."""
    if path is None or not path.endswith(OURS):
        return path
    from monitor.volumes.opening import open_volume

    volume = opened.enter_context(closing(open_volume(path, writable=not read_only)))
    return Disk(volume, isa.word, port_width(isa))


def contents(path: str, most: int = LARGEST_COPY) -> bytes:
    """All bytes of a disk. Raises TraplineError, also for a volume of more than so many."""
    if not path.endswith(OURS):
        return bytes(copied(path).data)
    from monitor.volumes.opening import open_volume

    with closing(open_volume(path, writable=False)) as volume:
        if volume.size > most:
            raise TraplineError(f"the disk {path} is too large to be copied: {volume.size} bytes", "use a smaller disk")
        return volume.read(0, volume.size)
