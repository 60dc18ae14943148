"""What is said of the machines of a host: a table of all, a page on one, a line after a verb."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

    from monitor.host import Record
    from monitor.host.record import Snapshot


def table(records: "Sequence[Record]") -> "Table":
    """All machines, one in a row."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False)
    for name in ("name", "state", "guest"):
        made.add_column(name)
    for name in ("storage", "steps", "generation"):
        made.add_column(name, justify="right")
    for record in records:
        words, steps = f"{record.definition.storage:,}", f"{record.point.steps:,}"
        made.add_row(record.name, record.state.value, record.definition.guest, words, steps, str(record.generation))
    return made


def line(record: "Record") -> str:
    """A machine after a verb."""
    asked = ", asked to stop" if record.asked else ""
    why = f": {record.point.detail}" if record.point.detail else ""
    return f"{record.name}: {record.state.value} at step {record.point.steps:,}{asked}{why}"


def page(record: "Record", snapshots: "Sequence[Snapshot]") -> Iterator[str]:
    """All that is known of a machine."""
    yield record.title()
    facts = [*record.shown(), *((f"disk {n}", f"{d.blocks:,} blocks") for n, d in enumerate(record.definition.disks))]
    yield from (f"  {name:10}  {text}" for name, text in facts)
    if snapshots:
        yield "snapshots:"
        yield from _tree(record, snapshots, "", 1)


def _tree(record: "Record", snapshots: "Sequence[Snapshot]", parent: str, depth: int) -> Iterator[str]:
    for snapshot in snapshots:
        if snapshot.parent == parent:
            here = "  <- here" if snapshot.name == record.snapshot else ""
            point = f"{snapshot.point.state.value} at step {snapshot.point.steps:,}"
            yield f"{'  ' * depth}{snapshot.name}: {point}{here}"
            yield from _tree(record, snapshots, snapshot.name, depth + 1)


def facts(record: "Record", snapshots: "Sequence[Snapshot]") -> dict[str, Any]:
    """The same for JSON."""
    points = [
        {"name": s.name, "parent": s.parent, "state": s.point.state.value, "steps": s.point.steps} for s in snapshots
    ]
    return {**record.facts(), "snapshots": points}
