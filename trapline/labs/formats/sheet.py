"""CSV for a class: a row for each submission, a column for each check, and one for each number that answers compete in.
What a spreadsheet would take for a formula is written as text."""

import csv
import io
from typing import Any

from trapline.labs.checks.catalogue import KINDS
from trapline.labs.lab import Lab
from trapline.labs.told import why


def sheet(lab: Lab, records: list[dict[str, Any]]) -> bytes:
    """The file's bytes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [check.name for check in lab.checks]
    measured = [check.name for check in lab.checks if KINDS[check.kind].measure]
    head = ["student", "seed", "status", "points", "of", *names, *(f"{name}: measure" for name in measured), "reason"]
    writer.writerow(head)
    for record in records:
        measures = {check["name"]: check["measure"] for check in record["checks"]}
        points = {check["name"]: check["points"] for check in record["checks"]}
        row = [record["student"], record["seed"], record["status"], record["points"], record["of"]]
        row += [*(points.get(name, "") for name in names), *(measures.get(name, "") for name in measured)]
        writer.writerow([_harmless(cell) for cell in [*row, why(record)]])
    return out.getvalue().encode("utf-8", "backslashreplace")


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r\n") else cell
