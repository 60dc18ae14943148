"""Guests side by side, drawn: one panel each with its console, virtual against real state, and its exits."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from trapline.demo.stage import Actor, Stage
from trapline.reports.exits import share_line

CONSOLE_LINES = 9


def panels(stage: Stage) -> RenderableType:
    """All guests, as columns of equal width."""
    grid = Table.grid(expand=True)
    for _ in stage.actors:
        grid.add_column(ratio=1)
    grid.add_row(*(_panel(actor) for actor in stage.actors))
    return grid


def _panel(actor: Actor) -> Panel:
    parts: list[RenderableType] = [_console(actor), Text(), _state(actor), Text(), _exits(actor)]
    return Panel(Group(*parts), title=f"{actor.program.name}: {actor.status}", title_align="left")


def _console(actor: Actor) -> Text:
    """The last lines of the guest's console, always as many, so that nothing jumps."""
    lines = printable(actor.output).splitlines()[-CONSOLE_LINES:]
    lines += [""] * (CONSOLE_LINES - len(lines))
    return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


def _state(actor: Actor) -> Table:
    table = Table("", "virtual", "real", box=None, pad_edge=False, expand=True)
    for name, value in actor.virtual.items():
        table.add_row(name, value, actor.real.get(name, ""))
    return table


def _exits(actor: Actor) -> Group:
    statistics = actor.vm.statistics
    counts = Table.grid(padding=(0, 1))
    for decision, count in statistics.by_decision().items():
        if count:
            counts.add_row(f"{count:,}", decision.value, _causes(actor, decision.value))
    steps = Text(f"{actor.vm.steps:,} steps, {statistics.share_direct:.1%} run directly")
    return Group(steps, counts)


def _causes(actor: Actor, decision: str) -> str:
    """The causes of the exits with this decision."""
    return ", ".join(sorted({c for d, c in actor.vm.statistics.by_cause() if d.value == decision and c}))


def plain(stage: Stage) -> Iterator[str]:
    """The same as lines of text, one guest after the other."""
    for actor in stage.actors:
        yield f"{actor.program.name}: {actor.status} after {actor.vm.steps:,} steps"
        yield from (f"  | {line}" for line in printable(actor.output).splitlines())
        for name, value in actor.virtual.items():
            yield f"  {name:<10} virtual {value:<12} real {actor.real.get(name, '')}".rstrip()
        yield f"  {share_line(actor.vm.statistics)}"
        yield ""


def printable(text: str) -> str:
    """A guest's output without what a terminal would take as a command."""
    return "".join(c if c.isprintable() or c == "\n" else "." for c in text.replace("\t", "    "))
