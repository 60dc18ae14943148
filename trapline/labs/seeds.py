"""What is random in a check. The seeds that a student sees follow from the student's own; the hidden ones from the
instructor's key, so that nobody without it can know them."""

import hmac
from collections.abc import Iterator

from trapline.labs.lab import Check, Lab


def visible(lab: Lab, check: Check, student: str) -> Iterator[str]:
    """The seeds that `trapline lab check` tries."""
    return (_drawn(b"", lab, check, student, number) for number in range(check.seeds))


def hidden(lab: Lab, check: Check, student: str, key: bytes) -> Iterator[str]:
    """Those that `trapline lab grade` tries beyond them."""
    return (_drawn(key, lab, check, student, number) for number in range(check.seeds, check.seeds + check.hidden))


def _drawn(key: bytes, lab: Lab, check: Check, student: str, number: int) -> str:
    asked = "\n".join([lab.name, check.name, student, str(number)])
    return hmac.new(key or b"visible", asked.encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:16]
