"""What was found, as a table, as a chart, and for programs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trapline.drawing.bars import Bar
from trapline.kinds.kind import Tried

if TYPE_CHECKING:
    from rich.table import Table

_ALIKE = {True: "yes", False: "NO", None: "-"}
_KINDS = {True: "good", False: "bad", None: "other"}


def table(found: Sequence[Tried]) -> "Table":
    """A row for each kind."""
    from rich.table import Table

    made = Table("monitor", "alike", "steps", "directly", "exits", "overhead", "time", box=None, pad_edge=False)
    for one in found:
        made.add_row(
            one.kind,
            _ALIKE[one.alike],
            f"{one.steps:,}" if one.alike is not None else "",
            "" if one.direct is None else f"{one.direct:.1%}",
            ", ".join(f"{count:,} {name}" for name, count in one.exits.items()),
            "" if one.overhead is None else f"{one.overhead:.2f}",
            "" if one.time is None else f"{one.time:.2f}",
        )
    return made


def notes(found: Sequence[Tried]) -> list[str]:
    """Why a kind could not be tried, and where the first difference is."""
    return [f"{one.kind}: {one.why}" for one in found if one.why]


def charted(found: Sequence[Tried]) -> tuple[str, list[Bar]]:
    """What is drawn, and the bars: time as a multiple of the bare run's; for a guest that is too short for that, exits
    for a thousand steps. Those without a number say why."""
    if any(one.time is not None for one in found):
        return "time, bare = 1", [Bar(one.kind, one.time, _says(one, one.time), _KINDS[one.alike]) for one in found]
    rates = [(one, 1000 * sum(one.exits.values()) / one.steps if one.alike and one.steps else None) for one in found]
    return "exits for 1,000 steps", [Bar(one.kind, rate, _says(one, rate), _KINDS[one.alike]) for one, rate in rates]


def _says(one: Tried, value: float | None) -> str:
    if value is None:
        return "not alike" if one.alike is False else "cannot be had"
    return f"{value:.2f}"


def facts(one: Tried) -> dict[str, Any]:
    """docs/monitors.md lists the keys."""
    return {
        "monitor": one.kind,
        "alike": one.alike,
        "why": one.why,
        "steps": one.steps,
        "direct": one.direct,
        "exits": one.exits,
        "overhead": one.overhead,
        "time": one.time,
    }
