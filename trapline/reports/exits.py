"""Exit statistics of a virtual machine, for people and for programs: every exit has a decision and a cause."""

import json
from typing import TYPE_CHECKING, Any, TextIO

from isa.assembler import Image
from trapline.output import show

if TYPE_CHECKING:
    from monitor import ExitEvent, Statistics

ROWS = 20  # of a table of places; the rest is summed


def share_line(statistics: "Statistics") -> str:
    """One line: share run directly, and exits by decision."""
    counts = {d.value: n for d, n in statistics.by_decision().items() if n}
    listed = ", ".join(f"{n:,} {name}" for name, n in counts.items()) or "none"
    return f"monitor: {statistics.share_direct:.1%} of instructions ran directly; exits: {listed}"


def exit_table(statistics: "Statistics", image: Image | None, file: TextIO) -> None:
    """The exits by decision, cause and place, the most frequent first, with the source line if it is known."""
    from rich.table import Table

    from monitor.statistics import ELSEWHERE

    table = Table("exits", "decision", "cause", "pc", "steps before", "source", box=None, pad_edge=False)
    rows, since = statistics.exits.most_common(), statistics.since
    for key, count in rows[:ROWS]:
        decision, cause, pc, place = key
        before = f"{since[key] / count:.1f}"
        where = "elsewhere" if pc == ELSEWHERE else f"{pc:#x}"
        table.add_row(f"{count:,}", decision.value, cause, where, before, source_line(image, place))
    if rows[ROWS:]:
        table.add_row(f"{sum(n for _, n in rows[ROWS:]):,}", "at", f"{len(rows) - ROWS} more places", "", "", "")
    show(table, file)


def source_line(image: Image | None, place: int | None) -> str:
    """`hello.s:12: out r1, r0`, or nothing if the place is not in the image."""
    line = image.lines.get(place) if image is not None and place is not None else None
    return f"{line.file}:{line.line}: {line.text.split('#')[0].strip()}" if line else ""


def event_line(event: "ExitEvent", image: Image | None) -> str:
    """One exit as a JSON object: docs/command-line.md lists its keys."""
    facts = {
        "machine": event.vm.name,
        "step": event.step,
        "decision": event.decision.value,
        "cause": event.cause,
        "pc": event.pc,
        "place": event.place,
        "since": event.since,
        "source": source_line(image, event.place),
    }
    return json.dumps(facts)


def statistics_facts(statistics: "Statistics") -> dict[str, Any]:
    """The same for JSON."""
    return {
        "direct": statistics.direct,
        "interpreted": statistics.interpreted,
        "share_direct": statistics.share_direct,
        "decisions": {d.value: n for d, n in statistics.by_decision().items()},
        "exits": [
            {"decision": d.value, "cause": cause, "pc": pc, "place": place, "count": n}
            for (d, cause, pc, place), n in statistics.exits.most_common()
        ],
    }
