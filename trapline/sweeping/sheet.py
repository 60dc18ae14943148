"""The rows as CSV: the settings, the theorems, the culprits, and what a repair costs."""

import csv
import io

from trapline.sweeping.row import NOT_MENDED, Swept


def sheet(swept: Swept) -> bytes:
    """The file's bytes; the same space gives the same."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = ["theorem 1", "theorem 2", "theorem 3", "culprits", "guards to add", "repair"]
    writer.writerow([*(switch.name for switch in swept.space.switches), *head])
    for row in swept.rows:
        theorems = [found.value for found in row.theorems]
        cost = "" if row.repair is None else len(row.repair)
        repair = NOT_MENDED if row.repair is None else " ".join(row.repair)
        writer.writerow([*row.settings, *theorems, " ".join(row.culprits), cost, repair])
    return out.getvalue().encode()
