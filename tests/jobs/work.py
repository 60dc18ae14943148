"""Jobs for the tests: of a module, as all are."""

import os
import signal
import time
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def refuse(text: str) -> None:
    raise ValueError(text)


def die(data: None) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(path: str) -> str:
    """Dies the first time."""
    if not Path(path).exists():
        Path(path).touch()
        os._exit(7)
    return "lived"


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def note(path: str) -> int:
    """Counts how often it is done."""
    with Path(path).open("a") as file:
        file.write("x")
    return Path(path).stat().st_size


def hoard(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))
