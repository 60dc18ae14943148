"""What a host knows, in SQLite: every change is one transaction, there whole or not at all, whoever is killed when.

`machines` has a row for each, `snapshots` one for each that is kept; `host` counts generations, and has the number by
which other hosts know this one; `accounts` and `service` are what a policy keeps, `wires` what is on the way in
networks; `moves` are machines between this host and others, by the token of their move. Readers need nothing but the
file, and do not wait for a writer.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, TypeVar
from zlib import crc32

from isa.errors import TraplineError, UsageError
from monitor.host.database import connected, explained
from monitor.host.life import ACTIVE
from monitor.host.record import Kept, Point, Record, Snapshot, sealed, unsealed
from monitor.host.types import TYPES

T = TypeVar("T")

VERSION = 5

LEAVING, WITHDRAWN, HANDED = "leaving", "withdrawn", "handed"  # stages of a move, here
ARRIVING, ARRIVED = "arriving", "arrived"  # and at the other side

_TABLES = """
CREATE TABLE host (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE machines (
    name TEXT PRIMARY KEY, state TEXT NOT NULL, words INTEGER NOT NULL, blocks INTEGER NOT NULL,
    point TEXT NOT NULL, rest TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE snapshots (
    number INTEGER PRIMARY KEY, machine TEXT NOT NULL, name TEXT NOT NULL, parent TEXT NOT NULL, point TEXT NOT NULL,
    UNIQUE (machine, name)
);
CREATE TABLE accounts (number INTEGER PRIMARY KEY, machine TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE service (text TEXT NOT NULL);
CREATE TABLE wires (text TEXT NOT NULL);
INSERT INTO host VALUES ('generation', 0);
CREATE TABLE moves (
    token TEXT PRIMARY KEY, stage TEXT NOT NULL, name TEXT NOT NULL, point TEXT NOT NULL, rest TEXT NOT NULL
) WITHOUT ROWID;
"""


class Taken(NamedTuple):
    """How many machines there are, the words of those that are on, and the blocks of the disks of all."""

    machines: int
    words: int
    blocks: int


class Ledger:
    """The file at a path. Raises TraplineError if it is none of ours, or cannot be written."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = connected(path, VERSION, _TABLES)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Inside, everything is one change: it is there when this returns, or nothing of it is."""
        with explained(self.path):
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._file.execute("COMMIT")
            except BaseException:
                self._file.execute("ROLLBACK")
                raise

    def machines(self) -> list[Record]:
        return self._read("SELECT name, point, rest FROM machines ORDER BY name", (), Record.parse)

    def find(self, name: str) -> Record | None:
        found = self._read("SELECT name, point, rest FROM machines WHERE name = ?", (name,), Record.parse)
        return found[0] if found else None

    def machine(self, name: str) -> Record:
        """Raises UsageError for a name that is no machine's."""
        found = self.find(name)
        if found is None:
            names = ", ".join(record.name for record in self.machines()[:20])
            raise UsageError(f"there is no machine {name!r:.80}", f"there are {names}" if names else "define one")
        return found

    def put(self, record: Record) -> None:
        words = record.definition.storage if record.state in ACTIVE else 0
        blocks = sum(part.blocks for part in record.definition.disks)
        row = (record.name, record.state.value, words, blocks, record.point.text(), record.text())
        self._file.execute("INSERT OR REPLACE INTO machines VALUES (?, ?, ?, ?, ?, ?)", row)

    def taken(self, page: int, but: str = "") -> Taken:
        """What all machines take, apart from one; storage in whole pages of so many words."""
        query = "SELECT COUNT(*), TOTAL((words + ? - 1) / ? * ?), TOTAL(blocks) FROM machines WHERE name != ?"
        count, words, blocks = self._file.execute(query, (page, page, page, but)).fetchone()
        return Taken(count, int(words), int(blocks))

    def remove(self, name: str) -> None:
        """Of a machine everything, its snapshots too."""
        self._file.execute("DELETE FROM machines WHERE name = ?", (name,))
        self._file.execute("DELETE FROM snapshots WHERE machine = ?", (name,))

    def snapshots(self, machine: str) -> list[Snapshot]:
        """Those of a machine, in the order in which they were made."""
        query = "SELECT name, parent, point FROM snapshots WHERE machine = ? ORDER BY number"
        return self._read(query, (machine,), lambda name, parent, text: Snapshot(name, parent, Point.parse(text)))

    def put_snapshot(self, machine: str, snapshot: Snapshot) -> None:
        row = (machine, snapshot.name, snapshot.parent, snapshot.point.text())
        self._file.execute("INSERT INTO snapshots (machine, name, parent, point) VALUES (?, ?, ?, ?)", row)

    def remove_snapshot(self, machine: str, snapshot: Snapshot) -> None:
        """Those that come from it come from the one before it then."""
        at = (machine, snapshot.name)
        self._file.execute("UPDATE snapshots SET parent = ? WHERE machine = ? AND parent = ?", (snapshot.parent, *at))
        self._file.execute("DELETE FROM snapshots WHERE machine = ? AND name = ?", at)

    def next_generation(self) -> tuple[int, int]:
        """A number that no machine here had before, and the number of this host, if it has exchanged machines with
        others: no copy of a machine, here or there, has both."""
        self._file.execute("UPDATE host SET value = value + 1 WHERE key = 'generation'")
        return self._number("generation"), self._number("identity")

    def _number(self, key: str) -> int:
        found = self._file.execute("SELECT value FROM host WHERE key = ?", (key,)).fetchone()
        return int(found[0]) if found else 0

    def digests(self) -> set[str]:
        """Of all contents that somebody needs."""
        points = self._read("SELECT point FROM snapshots", (), Point.parse)
        kept = {digest for point in points for digest in point.digests}
        return kept.union(*(record.digests for record in [*self.machines(), *self.coming()]))

    # ---- machines between hosts

    def hold(self, token: str, record: Record) -> None:
        """A machine that has arrived, and is not this host's yet."""
        row = (token, ARRIVING, record.name, record.point.text(), record.text())
        self._file.execute("INSERT OR REPLACE INTO moves VALUES (?, ?, ?, ?, ?)", row)

    def held(self, token: str) -> Record | None:
        query = "SELECT name, point, rest FROM moves WHERE token = ? AND stage = ?"
        found = self._read(query, (token, ARRIVING), Record.parse)
        return found[0] if found else None

    def coming(self) -> list[Record]:
        """All that are held."""
        return self._read("SELECT name, point, rest FROM moves WHERE stage = ?", (ARRIVING,), Record.parse)

    def arriving(self, name: str) -> list[str]:
        """The tokens of machines of this name that are held."""
        return self._read("SELECT token FROM moves WHERE name = ? AND stage = ?", (name, ARRIVING), str)

    def arrived(self, token: str) -> bool:
        """Whether the machine of this move has become this host's."""
        return bool(self._read("SELECT token FROM moves WHERE token = ? AND stage = ?", (token, ARRIVED), str))

    def note_move(self, token: str, stage: str, name: str) -> None:
        self._file.execute("INSERT OR REPLACE INTO moves VALUES (?, ?, ?, '', '')", (token, stage, name))

    def forget_move(self, token: str) -> None:
        self._file.execute("DELETE FROM moves WHERE token = ?", (token,))

    def leaves(self, token: str) -> bool:
        """Whether the machine of this move is leaving: it is not decided, and nobody has withdrawn it."""
        return bool(self._read("SELECT token FROM moves WHERE token = ? AND stage = ?", (token, LEAVING), str))

    def withdraw(self, name: str) -> None:
        """A machine is not to leave, if it is not decided yet. Whoever owns the host: a decision looks at this."""
        with self.change():
            query = "UPDATE moves SET stage = ? WHERE name = ? AND stage = ?"
            self._file.execute(query, (WITHDRAWN, name, LEAVING))

    def stays(self, name: str) -> bool:
        """Forget that a machine was leaving; whether that was withdrawn."""
        gone = "DELETE FROM moves WHERE name = ? AND stage IN (?, ?) RETURNING stage"
        return (WITHDRAWN,) in self._file.execute(gone, (name, LEAVING, WITHDRAWN)).fetchall()

    def handed(self, name: str) -> str | None:
        """The token of a machine that was handed over, while the other side may not know."""
        found = self._read("SELECT token FROM moves WHERE name = ? AND stage = ?", (name, HANDED), str)
        return found[0] if found else None

    def handed_tokens(self) -> list[str]:
        return self._read("SELECT token FROM moves WHERE stage = ? ORDER BY token", (HANDED,), str)

    def acknowledged(self, token: str) -> None:
        """The other side knows that the machine is its own."""
        with self.change():
            self.forget_move(token)

    def identity(self) -> str:
        """A number that no other host has, in 16 hexadecimal digits."""
        with self.change():
            self.settle_identity()
        return f"{self._number('identity'):016x}"

    def settle_identity(self) -> None:
        """From now on this host has a number: it exchanges machines with others."""
        self._file.execute("INSERT OR IGNORE INTO host VALUES ('identity', ?)", (secrets.randbits(63) | 1,))

    def settle_type(self, type: str) -> str:
        """Note of which type the host is, unless machines have booted on another: the type that it is."""
        numbers = {crc32(name.encode()): name for name in TYPES}  # far apart, so that a damaged one is none
        with self.change():
            found = self._file.execute("SELECT value FROM host WHERE key = 'type'").fetchone()
            was = numbers.get(found[0]) if found else type
            if was is None:
                raise TraplineError(f"{self.path} is damaged: its type is none", "take it from a copy of the folder")
            query = "SELECT point FROM machines UNION ALL SELECT point FROM snapshots"
            if was != type and any(point.machine for point in self._read(query, (), Point.parse)):
                return was
            self._file.execute("INSERT OR REPLACE INTO host VALUES ('type', ?)", (crc32(type.encode()),))
        return type

    def raise_generation(self, generation: int) -> None:
        """No machine gets this number any more."""
        self._file.execute("UPDATE host SET value = MAX(value, ?) WHERE key = 'generation'", (generation,))

    def kept(self) -> Kept | None:
        """The accounts, if a policy has kept any. Raises TraplineError."""
        whole = self._read("SELECT text FROM service", (), str)
        rows = self._read("SELECT number, machine, text FROM accounts", (), lambda *row: row)
        return Kept(whole[0], {number: (machine, text) for number, machine, text in rows}) if whole else None

    def keep(self, kept: Kept) -> None:
        """Keep these accounts, beside those that were kept before."""
        if kept.anew:
            self._file.execute("DELETE FROM accounts")
        here = [(number, *row) for number, row in kept.accounts.items() if row is not None]
        gone = [(number,) for number, row in kept.accounts.items() if row is None]
        self._file.executemany("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?)", here)
        self._file.executemany("DELETE FROM accounts WHERE number = ?", gone)
        self._file.execute("DELETE FROM service")
        self._file.execute("INSERT INTO service VALUES (?)", (kept.whole,))

    def wires(self) -> dict[str, Any]:
        """What was kept of the networks. Raises TraplineError."""
        found = self._read("SELECT text FROM wires", (), partial(unsealed, about="wires"))
        return found[0] if found else {}

    def keep_wires(self, kept: dict[str, Any]) -> None:
        self._file.execute("DELETE FROM wires")
        self._file.execute("INSERT INTO wires VALUES (?)", (sealed(kept, "wires"),))

    def close(self) -> None:
        self._file.close()

    def _read(self, query: str, given: tuple[str, ...], parse: Callable[..., T]) -> list[T]:
        """What rows mean. Raises TraplineError for a file that somebody has damaged."""
        with explained(self.path):
            rows = self._file.execute(query, given).fetchall()
        try:
            return [parse(*row) for row in rows]
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise TraplineError(f"{self.path} is damaged: {error}", "take it from a copy of the folder") from None
