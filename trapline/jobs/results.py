"""What came of jobs, in a file: written once under its key, and read again when the work goes on later.

SQLite sees to it that a result is there whole or not at all, whatever happens to the process that writes it.
"""

import json
import sqlite3
from collections.abc import Iterator

from isa.errors import TraplineError
from trapline.jobs.job import How, Job, Outcome

_TABLE = """
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, digest TEXT NOT NULL, how TEXT NOT NULL, value TEXT NOT NULL, reason TEXT NOT NULL,
    attempts INTEGER NOT NULL
) WITHOUT ROWID"""
_PUT = """
INSERT INTO results VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
    digest = excluded.digest, how = excluded.how, value = excluded.value, reason = excluded.reason,
    attempts = excluded.attempts
WHERE digest != excluded.digest"""


class Unkept(TraplineError):
    """A result that could not be written; exit code 5."""

    exit_code = 5


class Results:
    """The results in a file; `:memory:` keeps them no longer than the process. Raises TraplineError for a file that is
    none of ours, or cannot be written."""

    def __init__(self, path: str = ":memory:") -> None:
        self.path = path
        try:
            self._file = sqlite3.connect(path, isolation_level=None)
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute(_TABLE)
        except sqlite3.Error as error:
            raise TraplineError(f"{path}: cannot keep results here: {error}", "give another file") from None

    def get(self, job: Job) -> Outcome | None:
        """What came of this job, if it was asked before in just this way, and there was an answer."""
        row = self._file.execute(
            "SELECT how, value, reason, attempts FROM results WHERE key = ? AND digest = ?", (job.key, job.digest)
        ).fetchone()
        return Outcome(job.key, How(row[0]), json.loads(row[1]), row[2], row[3]) if row else None

    def put(self, job: Job, outcome: Outcome) -> None:
        """Keep it. What is there already for the same question stays. Raises Unkept if it cannot be written."""
        row = (job.key, job.digest, outcome.how.value, json.dumps(outcome.value), outcome.reason, outcome.attempts)
        try:
            self._file.execute(
                _PUT,
                row,
            )
        except sqlite3.Error as error:
            raise Unkept(
                f"{self.path}: cannot keep a result: {error}", "make room, and go on with the same file"
            ) from None

    def keys(self) -> Iterator[str]:
        """All there are, in order."""
        return (key for (key,) in self._file.execute("SELECT key FROM results ORDER BY key"))

    def close(self) -> None:
        self._file.close()
