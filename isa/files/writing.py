"""Files that are written whole or not at all: images and saved machines (see `isa.assembler.image_format` and
`isa.machine.snapshot_format`)."""

import os
from contextlib import suppress


def write_whole(path: str, data: bytes) -> None:
    """Put the bytes into a file at once: what had that name before stays whole until they are all on the disk.

    A link is followed, and a pipe or a device is written to: replacing it would take it away from everybody. Raises
    OSError, and ValueError for a name that no file can have.
    """
    goal = os.path.realpath(path)
    if os.path.exists(goal) and not os.path.isfile(goal):
        with open(goal, "wb") as file:
            file.write(data)
    else:
        _replace(goal, data)


def _replace(goal: str, data: bytes) -> None:
    partial = f"{goal}.{os.getpid()}.partial"
    try:
        with open(partial, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, goal)
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)
        raise
