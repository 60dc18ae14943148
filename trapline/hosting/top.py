"""`trapline host top`: what the machines of a host are doing, once or as it goes on."""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from trapline.hosting.view import PASSED, Row, facts, rates, rows, seen, thousandths
from trapline.options import updated

if TYPE_CHECKING:
    from rich.table import Table

EVERY = 1.0  # seconds


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=updated, metavar="DIR", help="the host's folder")
    parser.add_argument("--plain", action="store_true", help="say it once, and end; so it is too without a terminal")


def run(arguments: argparse.Namespace) -> int:
    from trapline.output import emit_json, show

    now = rows(*seen(arguments.folder))
    if arguments.json:
        emit_json({"machines": facts(now)})
    elif arguments.plain or not sys.stdout.isatty():
        show(drawn(now, {}))
        if any(row.blocks or row.ports for row in now):
            show(passing(now, {}))
    else:
        _live(arguments.folder, now)
    return 0


def _live(folder: str, now: list[Row]) -> None:
    """Until Ctrl-C."""
    from rich.console import Group
    from rich.live import Live

    with Live(drawn(now, {}), screen=True, auto_refresh=False) as live:
        try:
            while True:
                began, before = time.monotonic(), now
                time.sleep(EVERY)
                now = rows(*seen(folder))
                fast, then = rates(before, now, time.monotonic() - began), {row.name: row for row in before}
                live.update(Group(drawn(now, fast), "", passing(now, then)), refresh=True)
        except KeyboardInterrupt:
            return


def drawn(found: Sequence[Row], fast: dict[str, tuple[float, float]]) -> "Table":
    """A table that fits 80 columns. Without rates there are the numbers since a machine was defined."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("name", "state"):
        table.add_column(name, no_wrap=True)
    unit = "/s" if fast else ""
    for name in (f"steps{unit}", f"exits{unit}", "direct", "words", "share", "had", "waited"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found:
        steps, exits = fast.get(row.name, (row.steps, row.exits))
        all_steps = row.direct + row.interpreted
        direct = f"{100 * row.direct / all_steps:.1f}%" if all_steps else "-"
        parts = [f"{part / 10:.1f}%" if part is not None else "-" for part in (row.promised, row.had)]
        waited = "-" if row.waited is None else _short(row.waited)
        table.add_row(row.name, row.state, _short(steps), _short(exits), direct, _short(row.storage), *parts, waited)
    return table


def passing(found: Sequence[Row], then: Mapping[str, Row]) -> "Table":
    """What passes the disks and cards of those that have some, for each 1,000 of their steps, since then or since they
    were defined."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("in 1,000 steps", no_wrap=True)
    for name in PASSED:
        table.add_column(name, justify="right", no_wrap=True)
    for row in found:
        if row.blocks or row.ports:
            numbers = [f"{number:.2f}" for number in thousandths(row, then.get(row.name))]
            there = [row.blocks] * 2 + [row.ports] * 3
            table.add_row(row.name, *(text if has else "-" for text, has in zip(numbers, there, strict=True)))
    return table


def _short(number: float) -> str:
    for suffix in ("", "k", "M", "G"):
        if number < 10_000:
            return f"{number:.0f}{suffix}"
        number /= 1000
    return f"{number:.0f}T"
