"""The guest of the tests of the debug adapter, and where its lines are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.adapter.wire import Client, Message, adapter

LOOP = Path(__file__).with_name("loop.s")
LINES = LOOP.read_text().splitlines()
SOURCE = {"path": str(LOOP), "name": LOOP.name}
PRINTS = "BCDEF"
EXIT_CODE = 7
STEPS = 70  # to the halt


def line(text: str) -> int:
    """The number of the first line that begins so."""
    return next(number for number, found in enumerate(LINES, 1) if found.lstrip().startswith(text))


@contextmanager
def looping(**options: Any) -> Iterator[Client]:
    """A client before the first step of the guest."""
    with adapter() as client:
        client.launch(str(LOOP), **{"engine": "reference", **options})
        yield client


def at(client: Client) -> str:
    """The line at which the guest stands, without its label."""
    frame: Message = client.frames()[0]
    return LINES[frame["line"] - 1].split(":")[-1].strip() if frame["line"] else ""
