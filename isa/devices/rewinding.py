"""Devices that go back: a *mark* is all that a device is at a moment, made at once, and kept as it is.

Unlike a saved state, a mark is for this process alone, so it may share what does not change: a script's text, the
blocks of a disk. A part that has no marks of its own is saved and restored.

What goes out of the machine goes out once. `isa.devices.journal` sees to it that a stretch that runs anew prints
nothing again and writes no block again; `Live` (`inputs.py`) gives again what arrived, at the same steps.
"""

from typing import Any, Protocol, runtime_checkable

from isa.devices.saved import Saved


@runtime_checkable
class Rewindable(Protocol):
    """A device, an input or a backing that has marks."""

    def mark(self) -> Any:
        """What it is now; nothing that happens later changes it."""
        ...

    def rewind(self, mark: Any) -> None: ...


@runtime_checkable
class Branching(Protocol):
    """A part that remembers what comes after a moment to which it was brought back."""

    def branch(self) -> None:
        """Forget what came after the present moment: something else is going to happen."""
        ...


class Restored(Protocol):
    """A device that has no marks."""

    def save(self) -> dict[str, object]: ...
    def restore(self, saved: dict[str, object]) -> None: ...


class Taken(Protocol):
    """A part of a device that has no marks."""

    def save(self) -> dict[str, object]: ...
    def restore(self, saved: Saved) -> None: ...


def mark_device(device: Restored) -> Any:
    return device.mark() if isinstance(device, Rewindable) else device.save()


def rewind_device(device: Restored, mark: Any) -> None:
    if isinstance(device, Rewindable):
        device.rewind(mark)
    else:
        device.restore(mark)


def mark_part(part: Taken) -> Any:
    return part.mark() if isinstance(part, Rewindable) else part.save()


def rewind_part(part: Taken, mark: Any) -> None:
    if isinstance(part, Rewindable):
        part.rewind(mark)
    else:
        part.restore(Saved("device", mark))


def branch(part: object) -> None:
    if isinstance(part, Branching):
        part.branch()
