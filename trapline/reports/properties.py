"""`trapline prove --properties`: what whole runs of generated guests came to, for people and for programs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from isa.description import Isa
from proofs.runs.broken import STATEMENTS, Property
from proofs.runs.coverage import Coverage, Entry, Status
from proofs.runs.observing import Cell
from proofs.runs.properties import Failure, Run, Tally
from trapline.output import console, show

if TYPE_CHECKING:
    from rich.table import Table

MOST_SHOWN = 3  # failures that are told one by one
MODE, CAUSE = 5, 7  # characters of a name in a column head
SIGNS = {Status.IMPOSSIBLE: "-", Status.MISSED: "MISSED", Status.UNKNOWN: "?"}


def show_properties(isa: Isa, tally: Tally, coverage: Coverage, seconds: float) -> None:
    """The three properties, the share of direct execution, the coverage, and what failed."""
    from rich.table import Table

    out = console()
    runs = len(tally.runs)
    out.print(
        f"The monitor on {isa.name}, on whole runs of {runs:,} generated guests at depths {_depths(tally.runs)}\n"
    )
    table = Table("property", "broken by", "what it says", box=None, pad_edge=False)
    for which in Property:
        table.add_row(which.value, str(len(tally.broken(which)) or "none"), STATEMENTS[which])
    show(table)
    for lines in (list(_failures(tally)), list(_efficiency(tally))):
        if lines:
            out.print("\n" + "\n".join(lines))
    out.print("\nsteps by instruction, mode and how they ended; - is proved impossible\n")
    show(_coverage_table(coverage))
    out.print("\n" + "\n".join(_sums(tally, coverage, seconds)))


def _depths(runs: list[Run]) -> str:
    return ", ".join(str(depth) for depth in sorted({run.depth for run in runs})) or "none"


def _failures(tally: Tally) -> Iterator[str]:
    for failure in tally.failures[:MOST_SHOWN]:
        yield f"BROKEN: {failure.which.value}, guest {failure.seed} at depth {failure.depth}: {failure.detail}"
        yield from (f"    {line}" for line in failure.listing)
    if tally.failures[MOST_SHOWN:]:
        yield f"and {len(tally.failures) - MOST_SHOWN} more"
    yield from (f"NOT RUN: {reason}" for reason in dict.fromkeys(tally.lost))


def _efficiency(tally: Tally) -> Iterator[str]:
    """Counted on two machines: what the one below retired, and what was interpreted."""
    direct, retired = sum(r.direct for r in tally.runs), sum(r.retired for r in tally.runs)
    emulated = ", ".join(f"{name or 'unassigned'} {count:,}" for name, count in tally.emulated.most_common())
    yield f"{retired:,} steps retired in guests that broke nothing, {direct:,} of them directly"
    if interpreted := sum(r.interpreted for r in tally.runs):
        yield f"{interpreted:,} were interpreted, since the technique lets nothing run directly there"
    yield f"the others were emulated, and are all privileged or sensitive: {emulated or 'none'}"
    shares = sorted(run.share for run in tally.runs if run.retired)
    if shares:
        tenths = [shares[min(len(shares) - 1, len(shares) * i // 10)] for i in range(11)]
        yield "direct share per guest, least to most by tenths: " + " ".join(f"{share:.0%}" for share in tenths)


def _sums(tally: Tally, coverage: Coverage, seconds: float) -> Iterator[str]:
    counts = {status: len(coverage.of(status)) for status in Status}
    yield "cells: " + ", ".join(f"{count} {status.value}" for status, count in counts.items())
    reasons = dict.fromkeys(entry.proof for entry in coverage.of(Status.IMPOSSIBLE))
    for reason in reasons:
        yield f"  {sum(e.proof == reason for e in coverage.of(Status.IMPOSSIBLE))} impossible: {reason}"
    steps, exits = sum(run.steps for run in tally.runs), sum(run.exits for run in tally.runs)
    yield f"{len(tally.runs):,} guests, {steps:,} steps, {exits:,} exits; {seconds:.1f} s"


def _coverage_table(coverage: Coverage) -> "Table":
    """One row for each instruction; columns in which nothing is possible are left out."""
    from rich.table import Table

    columns = [key for key in dict.fromkeys(map(_column, coverage.entries)) if _alive(coverage, key)]
    heads = [_head(coverage, key) for key in columns]
    table = Table("", *heads, box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name in coverage.rows:
        entries = (coverage.entries.get(Cell(name, *key)) for key in columns)
        table.add_row(name, *(_sign(entry) for entry in entries))
    return table


def _column(cell: Cell) -> tuple[int, int | None]:
    return cell.mode, cell.cause


def _alive(coverage: Coverage, key: tuple[int, int | None]) -> bool:
    return any(_column(c) == key and e.status is not Status.IMPOSSIBLE for c, e in coverage.entries.items())


def _head(coverage: Coverage, key: tuple[int, int | None]) -> str:
    cell = Cell("", *key)
    return f"{coverage.mode_name(cell)[:MODE]}\n{coverage.outcome_name(cell)[:CAUSE]}"


def _sign(entry: Entry | None) -> str:
    if entry is None:
        return ""
    return f"{entry.count:,}" if entry.status is Status.REACHED else SIGNS[entry.status]


# ---- for programs


def property_facts(isa: Isa, tally: Tally, coverage: Coverage, seed: int) -> dict[str, Any]:
    """The same for JSON: docs/command-line.md lists the keys."""
    return {
        "machine": isa.name,
        "seed": seed,
        "holds": tally.holds and coverage.complete,
        "properties": {which.value: not tally.broken(which) for which in Property},
        "failures": [_failure_facts(failure) for failure in tally.failures],
        "not_run": tally.lost,
        "emulated": dict(tally.emulated.most_common()),
        "guests": [_run_facts(run) for run in tally.runs],
        "coverage": [_entry_facts(coverage, entry) for entry in coverage.entries.values()],
    }


def _failure_facts(failure: Failure) -> dict[str, Any]:
    facts = {"property": failure.which.value, "detail": failure.detail, "guest": failure.seed, "depth": failure.depth}
    return {**facts, "listing": list(failure.listing)}


def _run_facts(run: Run) -> dict[str, Any]:
    facts = {"guest": run.seed, "depth": run.depth, "steps": run.steps, "retired": run.retired, "direct": run.direct}
    return {**facts, "interpreted": run.interpreted, "exits": run.exits, "share": round(run.share, 4)}


def _entry_facts(coverage: Coverage, entry: Entry) -> dict[str, Any]:
    facts = {"instruction": entry.cell.name, "mode": coverage.mode_name(entry.cell)}
    facts["ends"] = coverage.outcome_name(entry.cell)
    return {**facts, "status": entry.status.value, "count": entry.count, "proof": entry.proof}
