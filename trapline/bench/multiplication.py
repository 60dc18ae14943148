"""How exits multiply under the monitor in assembly on itself: `bench --multiplication`, and a row of the bench.

Everything is counted in steps of the machine, so a second run finds the same.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from guests.catalogue import directory
from guests.catalogue import find as guest
from guests.pack import LONGEST, Tenant, flat
from isa.assembler.assembled import assembled
from isa.engines.choice import AUTO, NATIVE
from proofs.under.blocks import watchable
from proofs.under.case import Case
from proofs.under.multiplication import Row, table
from trapline.bench.figures import Bench, Figure
from trapline.bench.kernels import machine

if TYPE_CHECKING:
    from rich.table import Table

ROWS = ("multiplication",)
MONITOR, PROGRAM = "vmm", "events"
DEPTHS = 3
WORDS = 4096


def count(engine: str, depths: int = DEPTHS) -> list[Row]:
    """Every kind of step, to this depth."""
    isa = machine()
    image = assembled(isa, str(directory() / "bench" / f"{PROGRAM}.s"))
    monitor = watchable(isa, assembled(isa, guest(MONITOR).file), MONITOR)
    tenant = Tenant(PROGRAM, flat(image), image.entry, WORDS, share=LONGEST, input=b"x")
    runs = NATIVE if engine == AUTO else engine

    def under(depth: int) -> Case:
        return Case(isa, image, (tenant,), (monitor,) * depth, (MONITOR,) * depth, engine=runs)

    return table(image, under, depths)


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    found = count(bench.engine, 2 if bench.quick else DEPTHS)
    factors = [row.measured[-1] / row.measured[-2] for row in found]
    what = f"steps of an exit under {len(found[0].measured) - 1} monitors in assembly, against one less"
    yield Figure("multiplication", what, factors, "", None, facts(found))


def facts(found: list[Row]) -> dict[str, Any]:
    """As plain data: docs/bench.md lists the keys."""
    return {"steps": [{"step": row.name, "measured": row.measured, "predicted": row.predicted} for row in found]}


def shown(found: list[Row]) -> "Table":
    """For people: what was measured at each depth, and in brackets what one level predicts."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False)
    made.add_column("step")
    for depth in range(len(found[0].measured)):
        made.add_column(f"under {depth}" if depth else "bare", justify="right")
        if depth > 1:
            made.add_column("predicted", justify="right")
    for row in found:
        cells = [f"{row.measured[0]:,}"]
        for depth, (measured, predicted) in enumerate(zip(row.measured[1:], row.predicted[1:], strict=True), 1):
            cells += [f"{measured:,}", f"{predicted:,}"][: min(depth, 2)]
        made.add_row(row.name, *cells)
    return made
