"""Contents: bytes that are kept, as trees of blocks. What is made of others by changing some blocks costs these blocks,
and the nodes above them: in bytes that are written and read, and in time. The rest they have in common.

A block has `BLOCK` bytes, a node the digests of `FAN` blocks or nodes; blocks of zeros are not kept. Equal bytes are
the same tree, however they came to be, and so have the same digest. Some contents stand together as one, in order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from isa.errors import TraplineError
from monitor.host.objects import BYTES, EMPTY, GROUP, TREE, WIDTH, Objects, below

BLOCK = 1024  # bytes
FAN = 32
EVERY = range(1 << 62)


class Contents:
    """Everything raises TraplineError for what is not there, is damaged, or cannot be kept."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    def put(self, data: bytes) -> str:
        """Keep bytes; their digest."""
        return self.made(len(data), {at // BLOCK: data[at : at + BLOCK] for at in range(0, len(data), BLOCK)})

    def made(self, size: int, blocks: Mapping[int, bytes]) -> str:
        """Keep so many bytes, which are zero but for these blocks, by their numbers. Raises ValueError for a block that
        is not inside."""
        return self._kept(self._tree(size, EMPTY, blocks))

    def changed(self, digest: str, blocks: Mapping[int, bytes]) -> str:
        """Keep what comes of contents when these blocks are others."""
        return self._kept(self._tree(*self._root(digest), blocks)) if blocks else digest

    def get(self, digest: str) -> bytes:
        """All the bytes."""
        data = bytearray(self.size(digest))
        for number, block in self.blocks(digest):
            data[number * BLOCK : number * BLOCK + len(block)] = block
        return bytes(data)

    def size(self, digest: str) -> int:
        return self._root(digest)[0]

    def blocks(self, digest: str, within: range = EVERY) -> Iterator[tuple[int, bytes]]:
        """The blocks that are not zeros, with their numbers, in order; of those whose numbers are `within` alone."""
        size, top = self._root(digest)
        for number, block in self._under(top, _height(size), 0, within):
            if number * BLOCK + len(block) > size:
                raise TraplineError(f"{self.objects.path}: {digest} has blocks outside", "mend it from a copy")
            yield number, block

    def differences(self, old: str, new: str) -> Iterator[tuple[int, bytes]]:
        """The blocks in which contents differ from others of the same size, as the new ones have them."""
        size, top = self._root(new)
        yield from self._other(self._root(old)[1], top, _height(size), 0, size)

    def join(self, parts: Sequence[str]) -> str:
        """Keep contents together."""
        return self._kept(self.objects.make(GROUP, b"".join(map(bytes.fromhex, parts))))

    def parts(self, digest: str) -> list[str]:
        """What was joined."""
        data = self._read(bytes.fromhex(digest), GROUP)
        return [data[at : at + WIDTH].hex() for at in range(0, len(data), WIDTH)]

    # ---- between hosts

    def take(self, digests: Iterable[str], sent: Mapping[bytes, tuple[int, bytes]], most: int) -> None:
        """Keep contents that another host has sent: each object below them is among those, or here already. Raises
        TraplineError if it is not, or is not what it is used for, or if one would have more than `most` bytes."""
        roots = [bytes.fromhex(digest) for digest in digests]
        todo: list[tuple[bytes, tuple[int, ...]]] = [(root, (TREE, GROUP)) for root in roots]
        seen: set[tuple[bytes, tuple[int, ...]]] = set()
        while todo:
            digest, kinds = known = todo.pop()
            if digest == EMPTY or known in seen:
                continue
            seen.add(known)
            if digest not in sent and self.objects.lacking([digest]):
                raise TraplineError(f"{digest.hex()} was not sent", "migrate it again")
            kind, data = sent.get(digest) or self.objects.read(digest)
            size = int.from_bytes(data[:WIDTH], "little") if kind == TREE else 0
            long = kind != GROUP and len(data) > (2 * WIDTH if kind == TREE else BLOCK)
            if kind not in kinds or size > most or long:
                raise TraplineError(f"{digest.hex()} was sent as what it cannot be", "migrate it again")
            if digest in sent:
                self.objects.make(kind, data)
                under = {TREE: _height(size), GROUP: TREE}.get(kind, kind - 1)
                todo.extend((one, (under,)) for one in below(kind, data))
        self.objects.keep(*roots)

    # ---- trees

    def _kept(self, digest: bytes) -> str:
        self.objects.keep(digest)
        return digest.hex()

    def _tree(self, size: int, top: bytes, blocks: Mapping[int, bytes]) -> bytes:
        """The root: the size, and the uppermost node."""
        for number, block in blocks.items():
            if not 0 <= number * BLOCK < size or len(block) != min(BLOCK, size - number * BLOCK):
                raise ValueError(f"there is no block {number} of {len(block)} bytes in {size:,} bytes")
        edited = self._edited(top, _height(size), blocks) if blocks else top
        return self.objects.make(TREE, size.to_bytes(WIDTH, "little") + edited)

    def _root(self, digest: str) -> tuple[int, bytes]:
        data = self._read(bytes.fromhex(digest), TREE)
        return int.from_bytes(data[:WIDTH], "little"), data[WIDTH:]

    def _edited(self, there: bytes, height: int, blocks: Mapping[int, bytes]) -> bytes:
        """The node, or the block, that comes of another."""
        if height == 0:
            return self.objects.make(BYTES, block) if (block := blocks[0]).strip(b"\0") else EMPTY
        below = bytearray(FAN * WIDTH)
        old = self._node(there, height)
        below[: len(old)] = old
        span = FAN ** (height - 1)
        for index, some in groupby(sorted(blocks), lambda number: number // span):
            here = slice(index * WIDTH, (index + 1) * WIDTH)
            below[here] = self._edited(bytes(below[here]), height - 1, {n - index * span: blocks[n] for n in some})
        used = -(-len(below.rstrip(b"\0")) // WIDTH) * WIDTH
        return self.objects.make(height, bytes(below[:used])) if used else EMPTY

    def _under(self, top: bytes, height: int, first: int, within: range) -> Iterator[tuple[int, bytes]]:
        if top == EMPTY or first >= within.stop or first + FAN**height <= within.start:
            return
        if height == 0:
            yield first, self._read(top, BYTES)
            return
        data, span = self._node(top, height), FAN ** (height - 1)
        for index in range(len(data) // WIDTH):
            yield from self._under(data[index * WIDTH : (index + 1) * WIDTH], height - 1, first + index * span, within)

    def _other(self, old: bytes, new: bytes, height: int, first: int, size: int) -> Iterator[tuple[int, bytes]]:
        if old == new or first * BLOCK >= size:
            return
        if height == 0:
            yield first, bytes(min(BLOCK, size - first * BLOCK)) if new == EMPTY else self._read(new, BYTES)
            return
        before, now = self._node(old, height), self._node(new, height)
        span = FAN ** (height - 1)
        for index in range(max(len(before), len(now)) // WIDTH):
            here = slice(index * WIDTH, (index + 1) * WIDTH)
            pair = before[here] or EMPTY, now[here] or EMPTY
            yield from self._other(*pair, height - 1, first + index * span, size)

    def _node(self, digest: bytes, height: int) -> bytes:
        return b"" if digest == EMPTY else self._read(digest, height)

    def _read(self, digest: bytes, kind: int) -> bytes:
        found, data = self.objects.read(digest)
        if found != kind:
            raise TraplineError(
                f"{self.objects.path}: {digest.hex()} is not what it is used for", "mend it from a copy"
            )
        return data


def _height(size: int) -> int:
    """How many levels of nodes are above so many bytes."""
    height, span = 0, BLOCK
    while span < size:
        height, span = height + 1, span * FAN
    return height
