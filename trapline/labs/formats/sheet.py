"""CSV for a class: a row for each submission, a column for each check. What a spreadsheet would take for a formula is
written as text."""

import csv
import io
from typing import Any

from trapline.labs.lab import Lab
from trapline.labs.told import why


def sheet(lab: Lab, records: list[dict[str, Any]]) -> bytes:
    """The file's bytes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["student", "seed", "status", "points", "of", *(check.name for check in lab.checks), "reason"])
    for record in records:
        points = {check["name"]: check["points"] for check in record["checks"]}
        row = [record["student"], record["seed"], record["status"], record["points"], record["of"]]
        row += [points.get(check.name, "") for check in lab.checks]
        writer.writerow([_harmless(cell) for cell in [*row, why(record)]])
    return out.getvalue().encode("utf-8", "backslashreplace")


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r\n") else cell
