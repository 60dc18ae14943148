"""What is said of the machines of a host: a table of all, a page on one, a line after a verb."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

    from monitor.host import Record
    from monitor.host.record import Snapshot
    from monitor.host.service import Service


Account = dict[str, Any] | None  # of a machine that is on, on a host with a policy


def account(service: "Service | None", record: "Record") -> Account:
    """What a machine was promised, and what it had."""
    return service.facts(record.name) if service is not None else None


def table(records: "Sequence[Record]", accounts: "Sequence[Account] | None" = None) -> "Table":
    """All machines, one in a row; with what was charged to each where a policy does so."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False)
    for name in ("name", "state", "guest"):
        made.add_column(name)
    for name in ("storage", "steps", "generation", *(("charged", "waited", "processor") if accounts else ())):
        made.add_column(name, justify="right")
    for record, found in zip(records, accounts or [None] * len(records), strict=True):
        words, steps = f"{record.definition.storage:,}", f"{record.point.steps:,}"
        had = [f"{found[key]:,}" for key in ("charged", "waited", "processor")] if found else []
        made.add_row(
            record.name, record.state.value, record.definition.guest, words, steps, str(record.generation), *had
        )
    return made


def line(record: "Record") -> str:
    """A machine after a verb."""
    asked = ", asked to stop" if record.asked else ""
    why = f": {record.point.detail}" if record.point.detail else ""
    return f"{record.name}: {record.state.value} at step {record.point.steps:,}{asked}{why}"


def page(record: "Record", snapshots: "Sequence[Snapshot]", account: Account = None) -> Iterator[str]:
    """All that is known of a machine."""
    yield record.title()
    disks = [f"{d.blocks:,} blocks{f', also in {d.volume}' * bool(d.volume)}" for d in record.definition.disks]
    facts = [*record.shown(), *((f"disk {number}", text) for number, text in enumerate(disks))]
    facts += [*_joined(record), *_used(record), *(_promised(account) if account else ())]
    yield from (f"  {name:10}  {text}" for name, text in facts)
    if snapshots:
        yield "snapshots:"
        yield from _tree(record, snapshots, "", 1)


def _joined(record: "Record") -> Iterator[tuple[str, str]]:
    passed = record.used.passed
    for part in record.definition.networks:
        vlans = f"VLAN{'s' * (len(part.vlans) > 1)} {', '.join(map(str, part.vlans))}"
        yield "network", f"{part.name}: station {part.station}, {vlans}" + (", a trunk" if part.trunk else "")
        dropped = passed.received_dropped + passed.sent_dropped
        yield "frames", f"{passed.received:,} received, {passed.sent:,} sent, {dropped:,} dropped"
    if record.definition.disks:
        yield "blocks", f"{passed.read:,} read, {passed.written:,} written"


def _used(record: "Record") -> Iterator[tuple[str, str]]:
    used = record.used
    yield "used", f"{used.direct:,} steps direct, {used.interpreted:,} interpreted, {used.idle:,} idle"
    for decision, cause, count in used.exits:
        yield "exits", f"{count:,} {decision}: {cause}"


def _promised(account: dict[str, Any]) -> Iterator[tuple[str, str]]:
    wait, period = account["longest_wait"], f"in every {account['period']:,}"
    said = [f"{account['shares']:,} of {account['of_shares']:,} shares of processor {account['processor']}"]
    said += [f"{account['reservation']:,} steps {period}"] if account["reservation"] else []
    said += [f"at most {account['cap']:,} {period}"] if account["cap"] else []
    said += [f"a slot of {account['slot']:,}"] if account["slot"] else []
    yield "promised", ", ".join([*said, "no bound of waiting" if wait is None else f"a turn within {wait:,}"])
    had = f"{account['charged']:,} of {account['clock']:,} steps in {account['turns']:,} turns"
    yield "had", f"{had}, a turn within {account['waited']:,}, and owes {account['debt']:,}"


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
