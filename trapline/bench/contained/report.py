"""Containers against virtual machines: what `trapline container compare` prints, and the row `contained` of the bench.

Everything is counted in steps, words and blocks, so a second run finds the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from trapline.bench.contained.counts import FEW, HOST, INSTANCES, KEEPERS, SYSTEMS, THINGS, count
from trapline.bench.contained.sayings import SAYINGS, Found
from trapline.bench.contained.systems import CONTAINERS, MACHINES
from trapline.bench.figures import Bench, Figure, at_least

if TYPE_CHECKING:
    from rich.table import Table

ROWS = ("contained",)
TIMES = 2  # as many containers as machines, at least


def counted(engine: str, show: Callable[[str], None] = lambda text: None) -> Found:
    """All counts, by system. Raises MachineError if something does not come to its end."""
    return {system.name: count(system, engine, show) for system in SYSTEMS}


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    found = counted(bench.engine, bench.show)
    ratio = found[CONTAINERS.name].fit / found[MACHINES.name].fit
    what = f"containers that fit into {HOST:,} words, against virtual machines"
    yield Figure("contained", what, [ratio], "", at_least(TIMES), facts(found))


def facts(found: Found) -> dict[str, Any]:
    """As plain data: docs/containers.md lists the keys."""
    of = {name: {**asdict(counts), "more": counts.more} for name, counts in found.items()}
    said = [{"says": s.says, "confirmed": s.confirmed(found), "because": s.because} for s in SAYINGS]
    return {"systems": of, "neighbours": KEEPERS, "host": HOST, "folklore": said}


def tables(found: Found) -> "Iterator[Table]":
    """What there is to see, one table after the other."""
    yield _table("", *found, rows=rows(found))
    said = ([s.says, "confirmed" if s.confirmed(found) else "NOT confirmed", s.because] for s in SAYINGS)
    yield _table("folklore", "", "because", rows=said)


def rows(found: Found) -> Iterator[list[str]]:
    both = list(found.values())
    yield ["steps until the first says something", *(f"{one.first:,}" for one in both)]
    yield ["  until one more does", *(f"{one.more:,.0f}" for one in both)]
    hundred = ("-" if one.hundred is None else f"{one.hundred:,}" for one in both)
    yield [f"  until all of {INSTANCES[-1]} have", *hundred]
    yield [f"steps in which {FEW} do all that they do", *(f"{one.together:,}" for one in both)]
    for what in THINGS:
        yield [f"steps of {what}", *(f"{one.costs[what]:,.0f}" for one in both)]
    for number in INSTANCES:
        yield [f"words of storage for {number}", *(f"{one.storage[number]:,}" for one in both)]
    for number in INSTANCES:
        yield [f"blocks of disk for {number}", *(f"{one.blocks[number]:,}" for one in both)]
    yield [f"how many fit into {HOST:,} words", *(f"{one.fit:,}" for one in both)]
    yield ["lines of code that all must trust", *(f"{one.lines:,}" for one in both)]
    yield [f"of {KEEPERS} neighbours of an attacker go on", *(f"{one.spared_checked}" for one in both)]
    yield ["  where a check is missing in the kernel", *(f"{one.spared}" for one in both)]


def _table(*columns: str, rows: "Iterator[list[str]]") -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*row)
    return table
