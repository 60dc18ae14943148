"""Measure Trapline beside compiled C and other simulators, all as ratios of what was measured side by side.

Each figure stands beside its goal. Times are processor time, and the medians of several turns. What is not installed
(gcc, riscv64-unknown-elf-gcc, QEMU, the Python package unicorn) is left out, and named. A row that fails is named too,
and takes no other with it: exit code 1.

examples:
  trapline bench --quick
  trapline bench --only gcc,monitored --repeat 9
  trapline bench --only guards --each
  trapline bench --types
  trapline bench --multiplication
"""

import argparse
from typing import TYPE_CHECKING

from trapline.combinations import Usual, refuse
from trapline.options import count, engine_choice, written

if TYPE_CHECKING:
    from trapline.bench.figures import Bench, Figure

SUMMARY = "measure the engines and the monitor beside others"


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--only", type=_rows, metavar="ROW,...", help="only these rows of the report (an unknown name lists all)")
    add("--each", action="store_true", help="what a mean was made from too: the figure of each kernel")
    add("--quick", action="store_true", help="small sizes: shows that everything works, and measures nothing")
    add(
        "--types",
        action="store_true",
        help="a monitor on the machine beside one on a system, counted in steps",
    )
    add("--multiplication", action="store_true", help="what an exit costs under monitors on monitors, counted in steps")
    add("--repeat", type=count, metavar="N", default=Usual(5), help="turns of each (default: %(default)s)")
    add("--engine", type=engine_choice, metavar="NAME", default="auto", help="what is ours (default: %(default)s)")
    add("-o", "--output", type=written, metavar="FILE", help="write the result to FILE too, as JSON")


def _rows(text: str) -> set[str]:
    from trapline.bench.rows import ROWS

    asked = set(text.split(","))
    if unknown := asked.difference(ROWS):
        raise argparse.ArgumentTypeError(f"there is no row `{min(unknown)}`; rows are {', '.join(ROWS)}")
    return asked


def run(arguments: argparse.Namespace) -> int:
    from trapline.bench.rows import ROWS, measure, report
    from trapline.bench.workplace import workplace
    from trapline.output import emit_json

    if arguments.types:
        return _types(arguments)
    if arguments.multiplication:
        return _multiplication(arguments)
    found: list[Figure] = []
    with workplace(arguments.engine, arguments.quick, arguments.repeat) as bench:
        try:
            result = measure(bench, arguments.only or set(ROWS), found.append)
        except KeyboardInterrupt:
            if found:
                _table(found, bench, arguments.each)  # minutes of work, and true as far as it goes
                _write(arguments, report(bench, found))
            raise
    _write(arguments, result)
    if arguments.json:
        emit_json(result)
    else:
        _table(found, bench, arguments.each)
    return 1 if bench.failed else 0


def _types(arguments: argparse.Namespace) -> int:
    from trapline.bench.types.report import count, facts, tables
    from trapline.output import emit_json, engine_in_use, show
    from trapline.progress import Line

    refuse(arguments, ["only", "repeat", "each"], "is about time, and steps are exact", "leave it away with `--types`")
    engine = engine_in_use(arguments.engine)
    with Line() as line:
        found = count(engine, arguments.quick, line.show)
    _write(arguments, facts(found))
    if arguments.json:
        emit_json(facts(found))
        return 0
    for number, table in enumerate(tables(found)):
        print(end="\n" if number else "")
        show(table)
    return 0


def _multiplication(arguments: argparse.Namespace) -> int:
    from trapline.bench.multiplication import DEPTHS, count, facts, shown
    from trapline.output import emit_json, engine_in_use, show

    help = "leave it away with `--multiplication`"
    refuse(arguments, ["only", "repeat", "each", "types"], "is not for what is counted in steps of one run", help)
    found = count(engine_in_use(arguments.engine), 2 if arguments.quick else DEPTHS)
    _write(arguments, facts(found))
    if arguments.json:
        emit_json(facts(found))
    else:
        show(shown(found))
    return 0


def _write(arguments: argparse.Namespace, found: object) -> None:
    """Write a result to the file that was asked for."""
    import json
    from pathlib import Path

    if arguments.output:
        Path(arguments.output).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _table(found: "list[Figure]", bench: "Bench", each: bool) -> None:
    from rich.table import Table

    from trapline.output import show

    table = Table(box=None, pad_edge=False)
    for column in ("row", "what", "measured", "from", "to", "unit", "goal", ""):
        table.add_column(column, justify="right" if column in ("measured", "from", "to") else "left")
    for figure in found:
        numbers = (_rounded(n) for n in (figure.value, min(figure.values), max(figure.values)))
        met = "" if bench.quick else {None: figure.disturbed, True: "met", False: "missed"}[figure.met]
        table.add_row(figure.row, figure.what, *numbers, figure.unit, str(figure.goal or ""), met)
        for kernel, of in figure.kernels.items() if each else ():
            table.add_row("", f"  {kernel}", *(_rounded(of[key]) for key in ("median", "least", "most")), figure.unit)
    show(table)
    if bench.quick:
        print("small sizes: this shows that everything works, and measures nothing")
    for what, why in bench.left_out.items():
        print(f"left out: {what}: {why}")
    for row, why in bench.failed.items():
        print(f"failed: {row}: {why}")


def _rounded(value: float) -> str:
    """Three digits that mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
