"""Objects: small pieces of contents, each under the digest of its bytes, and what is made of them. None ever changes.

So who has a digest has all below it, and what two have in common is there once. Objects are written before anybody
names them, and all of a change together; what nobody names any more is garbage, which is no mistake, and `sweep` takes
it away. So there is no moment at which a process may not be killed. Next: `contents.py`, what objects stand for.
"""

from collections.abc import Iterable, Sequence, Set
from hashlib import sha256
from typing import Any

from isa.errors import TraplineError
from monitor.host.database import connected, explained

VERSION = 1
WIDTH = 32  # bytes of a digest
EMPTY = bytes(WIDTH)  # stands for nothing but zeros
BYTES, TREE, GROUP = 0, -1, -2  # kinds of objects; from 1 on, a node so high above bytes
TOGETHER = 500  # digests of a query
SPARE = 4096  # objects that may be garbage however few there are

_TABLES = """
CREATE TABLE objects (
    number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE TABLE swept (number INTEGER NOT NULL, lived INTEGER NOT NULL);
INSERT INTO swept VALUES (0, 0);
"""


class Objects:
    """Those in a file, which is made. Raises TraplineError for trouble with it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = connected(path, VERSION, _TABLES, shrinks=True)
        self.bytes = 0  # that were kept by this process
        self._fresh: dict[bytes, tuple[int, bytes]] = {}

    def close(self) -> None:
        self._file.close()

    def make(self, kind: int, data: bytes) -> bytes:
        """The digest of an object, which is not kept before `keep`."""
        digest = digest_of(kind, data)
        self._fresh[digest] = kind, data
        return digest

    def keep(self, *digests: bytes) -> None:
        """Keep objects with all that was made below them; they are on the disk when `settle` returns."""
        with explained(self.path):
            if not self._file.in_transaction:
                self._file.execute("BEGIN IMMEDIATE")
            todo = list(digests)
            while todo:
                made = self._fresh.get(wanted := todo.pop())
                if made and self._insert(wanted, *made):  # below one that was there, everything is there
                    todo.extend(below(*made))
        self._fresh.clear()

    def lacking(self, digests: Iterable[bytes]) -> list[bytes]:
        """Those that are not there."""
        wanted = list(digests)
        there = {digest for (digest,) in self._rows("digest", wanted)}
        return [one for one in wanted if one not in there]

    def read_all(self, digests: Sequence[bytes]) -> list[tuple[int, bytes]]:
        """As `read`, of many."""
        found = {digest: (kind, data) for digest, kind, data in self._rows("digest, kind, data", digests)}
        return [self._checked(one, found.get(one)) for one in digests]

    def _rows(self, columns: str, digests: Sequence[bytes]) -> list[Any]:
        """What of these is there, in any order."""
        rows: list[Any] = []
        with explained(self.path):
            for at in range(0, len(digests), TOGETHER):
                some = digests[at : at + TOGETHER]
                query = f"SELECT {columns} FROM objects WHERE digest IN ({', '.join('?' * len(some))})"
                rows += self._file.execute(query, some).fetchall()
        return rows

    def all_below(self, roots: Iterable[bytes], known: Set[bytes] = frozenset()) -> set[bytes]:
        """The roots and all below them, but for what is `known`, and what is below that. Bytes are named by the nodes
        above them, and need not be read."""
        found: set[bytes] = set()
        todo = list(roots)
        while todo:
            digest = todo.pop()
            if digest not in found and digest not in known:
                found.add(digest)
                kind, data = self._read_or_nothing(digest)
                if kind == 1:
                    found.update(one for one in below(kind, data) if one not in known)
                else:
                    todo.extend(below(kind, data))
        return found

    def _insert(self, digest: bytes, kind: int, data: bytes) -> bool:
        query = "INSERT OR IGNORE INTO objects (digest, kind, data) VALUES (?, ?, ?)"
        new = self._file.execute(query, (digest, kind, data)).rowcount > 0
        self.bytes += len(data) * new
        return new

    def read(self, digest: bytes) -> tuple[int, bytes]:
        """An object's kind and bytes. Raises TraplineError if it is not there, or is another."""
        with explained(self.path):
            found = self._file.execute("SELECT kind, data FROM objects WHERE digest = ?", (digest,)).fetchone()
        return self._checked(digest, found)

    def _checked(self, digest: bytes, found: Any) -> tuple[int, bytes]:
        if found is None:
            raise TraplineError(f"{self.path}: {digest.hex()} is missing", "take the file from a copy of the folder")
        kind, data = found
        if type(kind) is not int or type(data) is not bytes or digest_of(kind, data) != digest:
            raise TraplineError(f"{self.path}: {digest.hex()} is damaged", "take the file from a copy of the folder")
        return kind, data

    def settle(self) -> None:
        """Have on the disk what was kept."""
        self._end("COMMIT")

    def undo(self) -> None:
        """Forget what was kept since the last `settle`."""
        self._fresh.clear()
        self._end("ROLLBACK")

    def _end(self, how: str) -> None:
        if self._file.in_transaction:
            with explained(self.path):
                self._file.execute(how)

    # ---- garbage

    @property
    def grown(self) -> bool:
        """Whether twice as many objects were kept since the last sweep as it had left: so sweeping costs less than
        keeping, and no more than two in three objects are garbage, but for a few."""
        query = "SELECT (SELECT MAX(objects.number) FROM objects) - number > 2 * lived + ? FROM swept"
        with explained(self.path):
            found = self._file.execute(query, (SPARE,)).fetchone()
        return found is None or bool(found[0])

    def sweep(self, named: Iterable[str]) -> None:
        """Take away what is not below these."""
        living = self.all_below(bytes.fromhex(name) for name in named)
        execute = self._file.execute
        with explained(self.path):
            execute("CREATE TEMP TABLE IF NOT EXISTS living (digest BLOB PRIMARY KEY) WITHOUT ROWID")
            execute("BEGIN IMMEDIATE")
            try:
                execute("DELETE FROM living")
                self._file.executemany("INSERT INTO living VALUES (?)", ((digest,) for digest in living))
                execute("DELETE FROM objects WHERE digest NOT IN (SELECT digest FROM living)")
                execute(
                    "UPDATE swept SET number = (SELECT IFNULL(MAX(number), 0) FROM objects), lived = ?", (len(living),)
                )
                execute("COMMIT")
            except BaseException:
                execute("ROLLBACK")
                raise
            execute("PRAGMA incremental_vacuum").fetchall()

    def _read_or_nothing(self, digest: bytes) -> tuple[int, bytes]:
        """Whoever wants what is damaged is told; nothing is lost with the garbage meanwhile."""
        try:
            return self.read(digest)
        except TraplineError:
            return BYTES, b""


def digest_of(kind: int, data: bytes) -> bytes:
    """The kind is part of it: the same bytes may be a program, and the names of other objects."""
    return sha256(kind.to_bytes(1, "little", signed=True) + data).digest()


def below(kind: int, data: bytes) -> list[bytes]:
    """The digests that an object names."""
    if kind == BYTES:
        return []
    start = WIDTH if kind == TREE else 0
    found = [data[at : at + WIDTH] for at in range(start, len(data), WIDTH)]
    return [digest for digest in found if digest != EMPTY]
