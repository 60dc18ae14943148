"""A machine as contents: its storage, of which only what was written since the last time is looked at, and the rest.

The rest is a snapshot without storage (docs/snapshot-format.md), cut where long stretches begin that mostly stay as
they are or only grow, such as what was printed: so they are kept once, too.
"""

import re
import sys
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

from isa.devices import Console
from isa.devices.arrivals import Kept
from isa.devices.keys import Keys
from isa.devices.saved import Saved
from isa.devices.screen import Picture, Screen
from isa.errors import MachineError
from isa.machine import Machine, Storage
from isa.machine.snapshot import Snapshot
from isa.machine.storage import LINE_SHIFT
from monitor.host.contents import BLOCK, Contents
from monitor.host.stored import Stored

_LONG = re.compile(rb"[A-Za-z0-9+/=,]{512,}")  # text of bytes, or of a list of numbers


def keep(contents: Contents, machine: Machine, before: str, lines: Iterable[int]) -> str:
    """Keep a machine, of which only these lines of storage were written since it was as in `before`. If that is empty,
    it was not kept yet, and is looked at as a whole."""
    if before:
        storage = contents.changed(contents.parts(before)[0], _blocks(machine.storage, lines))
    else:
        storage = _whole(contents, machine.storage)
    return joined(contents, storage, Snapshot.take(machine, storage=False).to_bytes())


def joined(contents: Contents, storage: str, rest: bytes) -> str:
    """Keep the two together."""
    return contents.join([storage, *map(contents.put, _stretches(rest))])


def bring(contents: Contents, digest: str, machine: Machine) -> None:
    """Have a machine that was just made be as it was kept. Raises TraplineError; the machine must not be run."""
    put(machine.storage, contents.blocks(bring_rest(contents, digest, machine)))


def bring_rest(contents: Contents, digest: str, machine: Machine) -> str:
    """The same of all but its storage, which is left zeros; the digest of that. Raises TraplineError."""
    storage, snapshot = machine.storage, rest_of(contents, digest)
    kept = contents.parts(digest)[0]
    if contents.size(kept) != storage.size * storage.cells.itemsize:
        raise MachineError("the machine was kept with another storage", "bring it back to a snapshot")
    snapshot.apply(machine)
    return kept


def words_of(storage: Storage, block: bytes) -> bytes:
    """A block as the processor has words. Raises MachineError for words that are too wide."""
    data = _turned(block, storage.cells.format)
    if storage.width % 8 and any(word >> storage.width for word in array(storage.cells.format, data)):
        raise MachineError("a word of the storage that was kept is too wide", "bring it back to a snapshot")
    return data


def put(storage: Storage, blocks: Iterable[tuple[int, bytes]]) -> None:
    """Put blocks into storage. Raises MachineError for words that are too wide."""
    line = storage.cells.itemsize << LINE_SHIFT
    for number, block in blocks:
        data = words_of(storage, block)
        for at in range(0, len(data), line):
            storage.put_line((number * BLOCK + at) // line, data[at : at + line])


def rest_of(contents: Contents, digest: str) -> Snapshot:
    """All of a machine but its storage."""
    return Snapshot.from_bytes(rest_bytes(contents, digest), "that was kept")


def rest_bytes(contents: Contents, digest: str) -> bytes:
    return b"".join(map(contents.get, contents.parts(digest)[1:]))


def printed(contents: Contents, digest: str) -> bytes:
    """What a machine had printed."""
    state = _state(contents, digest, Console.name)
    return Saved(Console.name, state).data("output") if state is not None else b""


def picture(contents: Contents, digest: str, word: int) -> Picture | None:
    """What a machine's screen had shown; None if it was dark. A word has so many bits."""
    state, screen = _state(contents, digest, Screen.name), Screen(word)
    if state is None:
        return None
    screen.restore(state)
    return screen.picture(Stored(contents, contents.parts(digest)[0], word))


def keys(contents: Contents, digest: str) -> Keys:
    """A machine's keyboard and pointer, as they were kept."""
    state, keys = _state(contents, digest, Keys.name), Keys(Kept())
    if state is not None:
        keys.restore(state)
    return keys


def _state(contents: Contents, digest: str, device: str) -> dict[str, Any] | None:
    """What was kept of a device; None if there was none of that name."""
    parts = [Saved("ports", part) for part in Saved("ports", rest_of(contents, digest).ports).list("devices")]
    return next((part.mapping("state") for part in parts if part.text("name") == device), None)


def _stretches(data: bytes) -> Iterator[bytes]:
    """Bytes cut before and after what is long."""
    end = 0
    for found in _LONG.finditer(data):
        yield data[end : found.start()]
        yield found.group()
        end = found.end()
    yield data[end:]


def _whole(contents: Contents, storage: Storage) -> str:
    lines = storage.page_words >> LINE_SHIFT
    found = (page * lines + number for page in storage.nonzero_pages() for number in range(lines))
    size = storage.size * storage.cells.itemsize
    return contents.made(size, _blocks(storage, (line for line in found if line < len(storage.lines))))


def _blocks(storage: Storage, lines: Iterable[int]) -> dict[int, bytes]:
    """The blocks in which these lines are."""
    cells = storage.cells
    line, words = cells.itemsize << LINE_SHIFT, BLOCK // cells.itemsize
    numbers = {number * line // BLOCK for number in lines}
    return {n: _turned(cells[n * words : (n + 1) * words].tobytes(), cells.format) for n in numbers}


def _turned(data: bytes, format: str) -> bytes:
    """Words as they are kept, little-endian, of words as the processor has them; and the other way around."""
    if sys.byteorder == "little":
        return data
    words = array(format, data)
    words.byteswap()
    return words.tobytes()
