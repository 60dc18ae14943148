"""Measure the reference engine on five guests: instructions per second, monitored against bare, the share that runs
directly, and what an exit to the monitor costs. Times are the best of several runs. They are measured, so they vary.
"""

import argparse
import json
from typing import TYPE_CHECKING

from trapline.options import count

if TYPE_CHECKING:
    from trapline.measure import Row

SUMMARY = "measure the engine and the monitor"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repeat", type=count, metavar="N", default=3, help="runs of each (default: %(default)s)")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the result to FILE too, as JSON")
    parser.add_argument("--small", action="store_true", help="the guests as they are shipped: quick, and less exact")


def run(arguments: argparse.Namespace) -> int:
    from trapline.measure import GUESTS, exit_cost, measure
    from trapline.output import emit_json

    rows = [measure(name, {} if arguments.small else sizes, arguments.repeat) for name, sizes in GUESTS.items()]
    cost = exit_cost(arguments.repeat)
    result = {"guests": [row.facts() for row in rows], "exit": cost.facts()}
    if arguments.output:
        with open(arguments.output, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)
    if arguments.json:
        emit_json(result)
    else:
        _table(rows)
        print(f"\nan exit costs {cost.microseconds:.1f} microseconds ({cost.exits:,} exits of {cost.guest})")
    return 0


def _table(rows: "list[Row]") -> None:
    from rich.table import Table

    from trapline.output import show

    table = Table(box=None, pad_edge=False)
    for column in ("guest", "steps", "bare MIPS", "monitored MIPS", "monitored / bare", "run directly", "exits"):
        table.add_column(column, justify="left" if column == "guest" else "right")
    for row in rows:
        speeds = f"{row.bare / 1e6:.1f}", f"{row.monitored / 1e6:.1f}", f"{row.monitored / row.bare:.2f}"
        table.add_row(row.guest, f"{row.steps:,}", *speeds, f"{row.share:.3%}", f"{row.exits:,}")
    show(table)
