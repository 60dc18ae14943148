"""What came of a sweep, in words and for programs."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from proofs.terms.solving import Found
from trapline.sweeping.lattice import KINDS, kind
from trapline.sweeping.row import Swept

MOST = 12  # machines that are listed


def lines(swept: Swept) -> Iterator[str]:
    """How many machines admit which monitor, what questions that took, and what the cheapest repairs are."""
    counts = Counter(map(kind, swept.rows))
    yield f"{len(swept.rows):,} machines of {swept.space.path}:"
    yield from (f"  {counts[name]:6,} {name}" for name in KINDS if counts[name])
    yield f"{swept.asked:,} different questions, where the machines alone have {swept.needed:,}"
    blamed = Counter(name for row in swept.rows for name in row.culprits)
    if blamed:
        yield "culprits, and in how many machines:"
        yield from (f"  {count:6,} {name}" for name, count in blamed.most_common(MOST))
    costs = Counter(len(row.repair) for row in swept.rows if row.repair)
    if costs:
        yield "guards that mend a machine, and how many machines:"
        yield from (f"  {count:6,} with {cost}" for cost, count in sorted(costs.items()))
    stuck = sum(row.repair is None for row in swept.rows)
    if stuck:
        yield f"{stuck:,} machines are not mended by guards"


def facts(swept: Swept) -> dict[str, Any]:
    """docs/sweep.md lists the keys."""
    names = [switch.name for switch in swept.space.switches]
    return {
        "machines": len(swept.rows),
        "asked": swept.asked,
        "answers": swept.needed,
        "decided": not any(Found.UNKNOWN in row.theorems for row in swept.rows),
        "rows": [
            {
                "settings": dict(zip(names, row.settings, strict=True)),
                "theorems": [found.value for found in row.theorems],
                "culprits": list(row.culprits),
                "repair": None if row.repair is None else list(row.repair),
            }
            for row in swept.rows
        ],
    }
