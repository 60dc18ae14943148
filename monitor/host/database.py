"""A file of SQLite as a host keeps them: what was committed is on the disk, and trouble is told with its place."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from isa.errors import TraplineError


def connected(path: str, version: int, tables: str, shrinks: bool = False) -> sqlite3.Connection:
    """The file, which is made with these tables if it is not there, and gives room back that was used if it `shrinks`.
    Raises TraplineError for one that is a link, is of another version, or cannot be written."""
    if os.path.islink(path):
        raise TraplineError(f"{path} is a link, and may lead anywhere", "put the file itself there")
    with explained(path):
        file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        found = file.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, version):
            rule = f"{path} is of version {found}, and this Trapline knows {version}"
            raise TraplineError(rule, "use the Trapline that made it, or another folder")
        if shrinks and not found:
            file.execute("PRAGMA auto_vacuum = INCREMENTAL")
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = FULL")
        if not found:
            file.executescript(f"BEGIN IMMEDIATE; {tables} PRAGMA user_version = {version}; COMMIT;")
    return file


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Raises TraplineError for what SQLite says; of a file that is damaged it may say what is no text."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise TraplineError(f"{path}: {error}", "make room, or mend the file from a copy") from None
