"""Signatures of records: whoever has the instructor's key can tell that a record is as the grader wrote it (HMAC with
SHA-256 over its JSON, keys in order). Without a key there is no signature, and hidden seeds are anybody's."""

import hmac
import json
import os
import secrets
from typing import Any

from isa.errors import TraplineError
from isa.files.sources_read import read_noted

SIZE = 32  # bytes of a key that is made
LEAST, MOST = 16, 4096  # bytes of a key


def read_key(path: str | None) -> bytes:
    """The key in a file; no key without one. Raises TraplineError for a file that is none."""
    if path is None:
        return b""
    try:
        key = read_noted(path, MOST)
    except OSError as error:
        help = f"`trapline lab key {path}` makes one"
        raise TraplineError(f"cannot read the key {path}: {(error.strerror or str(error)).lower()}", help) from None
    if not LEAST <= len(key) <= MOST:
        raise TraplineError(f"{path} is no key: it has {len(key)} bytes", f"a key has {LEAST} to {MOST}")
    return key


def make_key(path: str) -> None:
    """Write a new key that its owner alone can read. Raises TraplineError; never overwrites a file."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as stream:
            stream.write(secrets.token_bytes(SIZE))
    except OSError as error:
        help = "give a new name; a key that is lost makes its signatures worthless"
        raise TraplineError(f"cannot make {path}: {(error.strerror or str(error)).lower()}", help) from None


def signed(record: dict[str, Any], key: bytes) -> dict[str, Any]:
    """The record with its signature, if there is a key."""
    return record | {"signature": _signature(record, key) if key else None}


def is_genuine(record: dict[str, Any], key: bytes) -> bool:
    """Whether a record is as it was signed."""
    given = record.get("signature")
    return isinstance(given, str) and hmac.compare_digest(given.encode(), _signature(record, key).encode())


def _signature(record: dict[str, Any], key: bytes) -> str:
    told = json.dumps({name: value for name, value in record.items() if name != "signature"}, sort_keys=True)
    return hmac.new(key, told.encode(), "sha256").hexdigest()
