"""The disk from which a monitor in assembly boots: a directory of guests, their programs and their disks.

`pack` makes one, `unpack` reads one back, and `room` says how large the monitor's machine must be for it.
docs/monitors-in-assembly.md has the format, `guests/vmm/main.s` reads it. All of it is words of 32 bits in blocks of
128, as a disk of g3 has them.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from isa.assembler import Image
from isa.devices import BLOCK
from isa.errors import TraplineError, UsageError

MAGIC = 0x314D4D56  # "VMM1"
MOST = 8  # guests
LETTERS = 12  # of a name
LEAST = 16  # words of a window
LONGEST = 1 << 24  # steps of a share
SHARE, STORAGE = 5000, 4096  # what is usual
RING = 512  # words for what comes to the monitor's own console
MOST_LETTERS = 1 << 24
HAS_CONSOLE = 1
BYTES = 4 * BLOCK
HEAD = struct.Struct("<4I")  # magic, sum, blocks in use, guests
ENTRY = struct.Struct("<12s3I7IQ")  # name; size, share, flags; image, length, sum, entry, letters, disk, blocks; seed
DAMAGED = "pack it again: `trapline vmm pack`"


@dataclass(frozen=True, slots=True)
class Tenant:
    """A guest as the monitor is to have it: `words` of its program from address 0 on, `storage` words of window, a turn
    of `share` steps; `input` is typed for it, if it has not the monitor's own `console`; the bytes of its `disk`."""

    name: str
    words: tuple[int, ...]
    entry: int
    storage: int
    share: int = SHARE
    console: bool = False
    input: bytes = b""
    disk: bytes = b""
    seed: int = 0

    @property
    def letters(self) -> int:
        """How many characters are typed for it."""
        return len(self.input)

    def check(self) -> None:
        """Raises UsageError for what the monitor would refuse."""
        if not 0 < len(self.name) <= LETTERS or not self.name.isascii() or not self.name.isprintable():
            raise UsageError(f"{self.name!r:.40} is not a name of 1 to {LETTERS} letters", "give it one: `name:NAME`")
        if not LEAST <= self.storage < 1 << 31:
            raise UsageError(f"{self.name}: a window has {LEAST} to 2^31 - 1 words", f"write `storage:{STORAGE}`")
        if len(self.words) > self.storage:
            help = f"give it more: `storage:{len(self.words)}`"
            raise UsageError(f"{self.name} has {len(self.words)} words and a window of {self.storage}", help)
        if not 0 < self.share <= LONGEST:
            raise UsageError(f"{self.name}: a turn has 1 to {LONGEST} steps", f"write `share:{SHARE}`")
        if not 0 <= self.seed < 1 << 64 or self.letters > MOST_LETTERS:
            help = f"a seed is below 2^64, and an input has {MOST_LETTERS} characters at most"
            raise UsageError(f"{self.name}: its seed or its input is too large", help)
        if len(self.disk) % BYTES:
            help = f"a block has {BYTES} bytes: make it {-(-len(self.disk) // BYTES) * BYTES}"
            raise UsageError(f"{self.name}: its disk of {len(self.disk)} bytes is not whole blocks", help)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory says of a guest; places and lengths in blocks."""

    name: str
    storage: int
    share: int
    console: bool
    image: int
    length: int
    sum: int
    entry: int
    letters: int
    disk: int
    blocks: int
    seed: int

    def check(self, used: int) -> None:
        """Raises TraplineError for what the monitor would refuse on a disk with so many blocks in use."""
        program = self.image + self.length + (0 if self.console else _whole(self.letters) // BLOCK)
        places = program <= used and self.disk + self.blocks <= used and self.letters <= MOST_LETTERS
        if not places or not 0 < self.share <= LONGEST or self.storage < LEAST:
            raise TraplineError(f"{self.name} has an entry in the directory that cannot be", DAMAGED)
        if self.length * BLOCK > _whole(self.storage):
            raise TraplineError(f"{self.name} does not fit into its window of {self.storage} words", DAMAGED)


def room(guests: Iterable[Tenant | Entry], own: int) -> int:
    """How many words of storage a monitor needs for these guests, which has `own` words itself."""
    return own + sum(_whole(g.storage) + _whole(RING if g.console else g.letters) for g in guests)


def flat(image: Image) -> tuple[int, ...]:
    """An image's words from address 0 to its last."""
    words = [0] * image.top
    for segment in image.segments:
        words[segment.address : segment.address + len(segment.words)] = segment.words
    return tuple(words)


def pack(tenants: Sequence[Tenant]) -> bytes:
    """The bytes of a disk with these guests. Raises UsageError for what the monitor would refuse."""
    if not tenants:
        raise UsageError("there is nobody to pack", "name a guest: `trapline vmm pack os -o os.disk`")
    if len(tenants) > MOST:
        raise UsageError(f"{len(tenants)} guests are more than the {MOST} there can be", "leave some away")
    if sum(tenant.console for tenant in tenants) > 1:
        raise UsageError("only one guest can have the monitor's own console", "write `console` for one of them")
    entries, parts, used = b"", [], 1
    for tenant in tenants:
        tenant.check()
        image, text = _blocks(tenant.words), _blocks(tenant.input)
        length, blocks = len(image) // BYTES, len(tenant.disk) // BYTES
        name, flags = tenant.name.encode(), HAS_CONSOLE * tenant.console
        program = (used, length, checksum(image), tenant.entry, tenant.letters)
        used += length + len(text) // BYTES
        entries += ENTRY.pack(name, tenant.storage, tenant.share, flags, *program, used, blocks, tenant.seed)
        parts += [image, text, tenant.disk]
        used += blocks
    rest = (struct.pack("<2I", used, len(tenants)) + entries).ljust(BYTES - 8, b"\0")
    return b"".join([struct.pack("<2I", MAGIC, checksum(rest)), rest, *parts])


def unpack(data: bytes) -> tuple[Entry, ...]:
    """What the directory of a disk says, if all that it speaks of is there and whole. Raises TraplineError."""
    if len(data) < BYTES or HEAD.unpack_from(data)[0] != MAGIC:
        raise TraplineError("there is no directory on this disk", "`trapline vmm pack` writes one")
    _, found, used, count = HEAD.unpack_from(data)
    if checksum(data[8:BYTES]) != found:
        raise TraplineError("the directory on this disk is damaged", DAMAGED)
    if not 0 < count <= MOST:
        raise TraplineError(f"the directory on this disk has {count} guests, not 1 to {MOST}", DAMAGED)
    if len(data) < used * BYTES:
        help = f"it should have {used} blocks, and has {len(data) // BYTES}; {DAMAGED}"
        raise TraplineError("this disk has been cut short", help)
    entries = listed(data)
    for entry in entries:
        entry.check(used)
        whole = data[entry.image * BYTES : (entry.image + entry.length) * BYTES]
        if checksum(whole) != entry.sum:
            raise TraplineError(f"the program of {entry.name} is damaged on this disk", DAMAGED)
    return entries


def listed(data: bytes) -> tuple[Entry, ...]:
    """The entries of a directory that is known to be whole; nothing else is looked at."""
    return tuple(_entry(data, HEAD.size + number * ENTRY.size) for number in range(HEAD.unpack_from(data)[3]))


def checksum(data: bytes) -> int:
    """A sum over words, each of which counts by its place."""
    total = 0
    for (word,) in struct.iter_unpack("<I", data):
        total = total * 31 + word & 0xFFFFFFFF
    return total


def _whole(words: int) -> int:
    """As many words in whole blocks."""
    return -(-words // BLOCK) * BLOCK


def _blocks(words: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(words)}I", *words).ljust(4 * _whole(len(words)), b"\0")


def _entry(data: bytes, at: int) -> Entry:
    name, storage, share, flags, *rest = ENTRY.unpack_from(data, at)
    shown = name.rstrip(b"\0").decode("ascii", "backslashreplace")
    return Entry(shown, storage, share, bool(flags & HAS_CONSOLE), *rest)
