"""What is to be seen of a host at a moment, and how fast it goes: one row for each machine, the same in the terminal
and in a browser."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitor.host.record import Record


@dataclass(frozen=True, slots=True)
class Row:
    """`promised` and `had` are parts of a thousand of its processor, where a policy promises some; `waited` and
    `within` are the longest that it has waited for a turn and may wait, in steps. Exits, how its steps ran, blocks that
    it has read and written, and frames that it has received and sent, or that were dropped on the way, are since it was
    defined; `ports` is how many it has."""

    name: str
    state: str
    steps: int
    direct: int
    interpreted: int
    idle: int
    exits: int
    storage: int
    blocks: int
    promised: int | None
    had: int | None
    waited: int | None
    within: int | None
    ports: int
    read: int
    written: int
    received: int
    sent: int
    dropped: int


def rows(records: "Sequence[Record]", accounts: Sequence[dict[str, Any] | None]) -> list[Row]:
    return [_row(record, account) for record, account in zip(records, accounts, strict=True)]


def _row(record: "Record", account: dict[str, Any] | None) -> Row:
    used, passed = record.used, record.used.passed
    clock = account["clock"] if account else 0
    return Row(
        name=record.name,
        state=record.state.value,
        steps=record.point.steps,
        direct=used.direct,
        interpreted=used.interpreted,
        idle=used.idle,
        exits=sum(count for _, _, count in used.exits),
        storage=record.definition.storage,
        blocks=sum(part.blocks for part in record.definition.disks),
        promised=1000 * account["shares"] // max(1, account["of_shares"]) if account else None,
        had=1000 * account["charged"] // clock if account and clock else None,
        waited=account["waited"] if account else None,
        within=account["longest_wait"] if account else None,
        ports=len(record.definition.networks),
        read=passed.read,
        written=passed.written,
        received=passed.received,
        sent=passed.sent,
        dropped=passed.received_dropped + passed.sent_dropped,
    )


def seen(folder: str) -> "tuple[list[Record], list[dict[str, Any] | None]]":
    """The machines of a host, and what a policy keeps of each, whoever owns the folder. Raises TraplineError."""
    from monitor.host.looking import looked_at, service_at
    from trapline.hosting.told import account

    with closing(looked_at(folder)) as ledger:
        records, service = ledger.machines(), service_at(folder, ledger)
        return records, [account(service, record) for record in records]


def facts(found: Sequence[Row]) -> list[dict[str, Any]]:
    """For JSON."""
    return [asdict(row) for row in found]


def rates(before: Sequence[Row], now: Sequence[Row], seconds: float) -> dict[str, tuple[float, float]]:
    """Steps and exits of each machine in a second."""
    then = {row.name: row for row in before}
    return {
        row.name: ((row.steps - then[row.name].steps) / seconds, (row.exits - then[row.name].exits) / seconds)
        for row in now
        if row.name in then and seconds > 0 and row.steps >= then[row.name].steps
    }


PASSED = ("read", "written", "received", "sent", "dropped")


def thousandths(row: Row, was: Row | None) -> list[float]:
    """What of `PASSED` there was for each 1,000 steps of a machine, since a moment, or since it was defined."""

    def since(*keys: str) -> int:
        return sum(getattr(row, key) - (getattr(was, key) if was is not None else 0) for key in keys)

    steps = since("direct", "interpreted", "idle")
    return [1000 * since(key) / steps if steps > 0 else 0.0 for key in PASSED]
