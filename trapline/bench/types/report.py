"""Type 1 against type 2: what `trapline bench --types` prints, and the row `types` of the bench.

Everything is counted in steps of the machine, so a second run finds the same.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from proofs.under.accounts import Account, account
from trapline.bench.figures import Bench, Figure, at_most
from trapline.bench.types.crashes import CRASHES, happen
from trapline.bench.types.folklore import SAYINGS, Found
from trapline.bench.types.systems import TYPE1, TYPE2, Sizes, tenant

if TYPE_CHECKING:
    from rich.table import Table

ROWS = ("types",)
SYSTEMS = (TYPE1, TYPE2)
GUESTS: dict[str, tuple[str, Sizes, Sizes]] = {
    "crc": ("computes", (("ROUNDS", 100),), ()),
    "os": ("an operating system", (), ()),
    "selftest": ("tries every instruction", (), ()),
    "exits": ("asks for the time, again and again", (), (("N", 100),)),
}
WORST = 2  # times as many steps: the way to a process leads through the kernel, once there and once back


def count(engine: str, quick: bool, show: Callable[[str], None] = lambda text: None) -> Found:
    """All counts. Raises MachineError if a guest does not come to its end."""
    accounts: dict[str, dict[str, Account]] = {}
    for name, (_, full, small) in GUESTS.items():
        for system in SYSTEMS:
            show(f"types, {name} under {system.name}")
            packed = tenant(name, small if quick else full)
            accounts.setdefault(name, {})[system.name] = account(system.boot(engine, packed), system.image)
    show("types, crashes")
    crashes = [happen(crash, engine) for crash in CRASHES]
    return Found(accounts, {system.name: system.lines() for system in SYSTEMS}, crashes)


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    found = count(bench.engine, bench.quick, bench.show)
    detail = facts(found)
    for name, both in found.accounts.items():
        ratio = both[TYPE2.name].overhead / both[TYPE1.name].overhead
        what = f"steps of an exit, a monitor on an operating system against one on the machine, {name}"
        yield Figure("types", what, [ratio], "", at_most(WORST), detail)


# ---- As data


def facts(found: Found) -> dict[str, Any]:
    """As plain data: docs/bench.md lists the keys."""
    return {
        "guests": {
            name: {system: _account_facts(of) for system, of in both.items()} for name, both in found.accounts.items()
        },
        "lines": {system: {"supervisor": s, "others": o} for system, (s, o) in found.lines.items()},
        "crashes": [
            {"system": crash.system.name, "part": crash.part, "spared": crash.spared, "neighbours": crash.all}
            for crash in found.crashes
        ],
        "folklore": [
            {"says": saying.says, "confirmed": saying.holds(found), "because": saying.because} for saying in SAYINGS
        ],
    }


def _account_facts(of: Account) -> dict[str, Any]:
    exits = {kind: {"count": costs.total(), "steps": of.usual(kind)} for kind, costs in sorted(of.costs.items())}
    parts = {"boot": of.boot, "storage": of.below, "direct": of.direct, "steps": of.steps, "share": of.share}
    return {**parts, "overhead": of.overhead, "exits": exits}


# ---- As text


def tables(found: Found) -> "Iterator[Table]":
    """What there is to see, one table after the other."""
    yield _table("", *(system.name for system in SYSTEMS), rows=_rows(found))
    yield _table("an exit: usual steps", *(system.name for system in SYSTEMS), rows=_kinds(found))
    rows = ([crash.system.name, crash.part, f"{crash.spared} of {crash.all}"] for crash in found.crashes)
    yield _table("under", "what crashes", "neighbours that go on", rows=rows)
    said = ([s.says, "confirmed" if s.holds(found) else "NOT confirmed", s.because] for s in SAYINGS)
    yield _table("folklore", "", "because", rows=said)


def _table(*columns: str, rows: "Iterator[list[str]]") -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*row)
    return table


def _rows(found: Found) -> Iterator[list[str]]:
    for name, (says, _, _) in GUESTS.items():
        both = [found.accounts[name][system.name] for system in SYSTEMS]
        yield [f"{name} ({says}): steps to its first", *(f"{of.boot:,}" for of in both)]
        yield ["  steps from there to its end", *(f"{of.steps:,}" for of in both)]
        yield ["  share of the processor that reaches it", *(f"{of.share:.1%}" for of in both)]
        yield ["  exits", *(f"{of.exits:,}" for of in both)]
        yield ["  steps of an exit, mean", *(f"{of.overhead:.0f}" for of in both)]
    below = [next(iter(found.accounts.values()))[system.name].below for system in SYSTEMS]
    yield ["words of storage below the guest's", *(f"{words:,}" for words in below)]
    lines = [found.lines[system.name] for system in SYSTEMS]
    yield ["lines of code that all must trust", *(f"{supervisor:,}" for supervisor, _ in lines)]
    yield ["lines of code that the guest must trust", *(f"{sum(both):,}" for both in lines)]


def _kinds(found: Found) -> Iterator[list[str]]:
    """Of every kind the most frequent cost, from the guest in which most of them are."""
    kinds = {kind for both in found.accounts.values() for of in both.values() for kind in of.costs}
    for kind in sorted(kinds):
        have = [both for both in found.accounts.values() if all(kind in of.costs for of in both.values())]
        if have:
            both = max(have, key=lambda both: both[TYPE1.name].costs[kind].total())
            yield [kind, *(str(both[system.name].usual(kind)) for system in SYSTEMS)]
