"""Which check refuted which planted mistake, for people and for programs."""

from itertools import groupby
from typing import Any

from proofs.mutants import Result
from trapline.output import console, show

LONGEST = 160  # characters of a counterexample in the table; JSON has all of it


def show_mutants(results: list[Result], seconds: float) -> None:
    """A row for every check, survivors once more below, and the sum."""
    from rich.table import Table

    table = Table("mutant", "refuted by", "seconds", "counterexample", box=None, pad_edge=False)
    for kind, of_kind in groupby(results, lambda r: r.kind):
        table.add_section()
        for (name, what), checks in groupby(of_kind, lambda r: (r.name, r.what)):
            for number, result in enumerate(checks):
                title = f"{kind}, {name}: {what}" if not number else ""
                table.add_row(title, result.check, f"{result.seconds:.1f}", _outcome(result))
    show(table)
    survivors = [result for result in results if not result.shown]
    lines = [f"SURVIVED: {r.kind}, {r.name}: {r.check}{f' ({r.why})' if r.why else ''}" for r in survivors]
    names = {(r.kind, r.name) for r in results}
    sum_ = f"{len(names)} mutants, {len(results)} checks, {len(survivors) or 'none'} survived; {seconds:.1f} s"
    console().print("\n" + "\n".join([*lines, sum_]))


def _outcome(result: Result) -> str:
    if not result.shown:
        return f"unknown: {result.why}" if result.why else "SURVIVED"
    return result.shown if len(result.shown) <= LONGEST else f"{result.shown[:LONGEST]}..."


def mutant_facts(results: list[Result]) -> dict[str, Any]:
    """The same for JSON: docs/command-line.md lists the keys."""
    found = []
    for (kind, name, what), checks in groupby(results, lambda r: (r.kind, r.name, r.what)):
        found.append({"kind": kind, "name": name, "what": what, "checks": [_check_facts(r) for r in checks]})
    survivors = [f"{r.kind}, {r.name}: {r.check}" for r in results if not r.shown]
    return {"mutants": found, "survivors": survivors}


def _check_facts(result: Result) -> dict[str, Any]:
    return {
        "check": result.check,
        "refuted": bool(result.shown),
        "counterexample": result.shown,
        "seconds": round(result.seconds, 3),
        "why": result.why,
    }
