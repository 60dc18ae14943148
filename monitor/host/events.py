"""What happened on a host, a line of JSON for each change of a machine's state, in a file that does not grow for ever.

    {"number": 7, "machine": "web", "event": "running", "was": "defined", "steps": 0}

Numbers go up by one. When the file is full it becomes the older one, and what was older is forgotten.
"""

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any

from monitor.host.record import Record

FILE, OLDER = "events.jsonl", "events.1.jsonl"
MOST = 1 << 20  # bytes of a file
GONE = "undefined"  # the event of a machine that is no more


class Events:
    """Those of the host in a folder, which this process owns. Raises OSError."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._number = max((event["number"] for event in read(folder)), default=0)

    def note(self, before: Iterable[Record], after: Iterable[Record]) -> list[dict[str, Any]]:
        """Write down what has become other; the events."""
        then, now = {r.name: r for r in before}, {r.name: r for r in after}
        found = [self._event(name, then.get(name), now.get(name)) for name in sorted({*then, *now})]
        events = [event for event in found if event is not None]
        if events:
            self._write("".join(json.dumps(event) + "\n" for event in events))
        return events

    def add(self, machine: str, event: str, **facts: object) -> dict[str, Any]:
        """Write down what happened otherwise; the event."""
        self._number += 1
        told = {"number": self._number, "machine": machine, "event": event, **facts}
        self._write(json.dumps(told) + "\n")
        return told

    def _event(self, name: str, then: Record | None, now: Record | None) -> dict[str, Any] | None:
        was, state = then.state.value if then else "", now.state.value if now else GONE
        same = then is not None and now is not None and _life(then) == _life(now)
        if was == state and same:
            return None
        self._number += 1
        known = now or then
        assert known is not None
        told = {"machine": name, "event": state, "was": was, "steps": known.point.steps}
        return {"number": self._number, **told, **({"detail": now.point.detail} if now and now.point.detail else {})}

    def _write(self, text: str) -> None:
        path = os.path.join(self.folder, FILE)
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.write(fd, text.encode())
            full = os.fstat(fd).st_size > MOST
        finally:
            os.close(fd)
        if full:
            os.replace(path, os.path.join(self.folder, OLDER))


def _life(record: Record) -> tuple[int, int]:
    return record.generation, record.origin


def read(folder: str, since: int = 0) -> Iterator[dict[str, Any]]:
    """The events that are kept, oldest first, of a greater number than `since`. A line that was cut off is none."""
    for name in (OLDER, FILE):
        try:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                for line in file:
                    event = _parsed(line)
                    if event is not None and event["number"] > since:
                        yield event
        except FileNotFoundError:
            continue


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("number"), int) else None
