"""The source as it lies before the machine: a row for each pc, and the disassembly of what has no source.

`>` is the instruction that comes next, `*` a breakpoint, and `.` the cursor, where `b` and `g` mean.
"""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click

from trapline.debugging.code import Row, code
from trapline.debugging.debugged import Guest
from trapline.debugging.spots import called, stops_at
from trapline.debugging.words import Debugger
from trapline.screen.pane import Pane, plain

ABOVE = 4  # rows before the one that comes next, when that was not in view


class Source(Pane):
    """`top` is the pc of the first row. It stays while the next instruction is in view."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "follow", show=False)]
    heading = "source"
    keys = "f follow"

    def __init__(self) -> None:
        super().__init__()
        self.top = self.cursor = self.pc = 0
        self.rows: list[Row] = []
        self._stood: tuple[Guest, int] | None = None

    def look(self, debugger: Debugger) -> list[Text]:
        machine = debugger.machine
        self.pc = machine.state.block[machine.pc_slot]
        if debugger.standing != self._stood:
            self._stood, self.cursor = debugger.standing, self.pc
            self._bring_into_view(self.pc, ABOVE)
        self.rows = code(machine, debugger.image, self.top, max(1, self.size.height))
        line = next((row.line for row in self.rows if row.pc == self.pc), None)
        self.border_title = f"{self.heading} {plain(line.file)}" if line else self.heading
        return [self._line(row, debugger) for row in self.rows]

    def _line(self, row: Row, debugger: Debugger) -> Text:
        marks = f"{'.' if row.pc == self.cursor else ' '}{'>' if row.pc == self.pc else ' '}"
        stopped = "*" if stops_at(debugger, row) else " "
        text = Text(f"{marks}{stopped}{row.pc:>5x} ", no_wrap=True)
        if row.word is None:
            return text.append("-", "dim")
        if self.size.width >= WIDE:
            text.append(f"{row.word:08x}  ", "dim")
        text.append(plain(said_of(row, self.rows)))
        if row.pc == self.pc:
            text.stylize("bold")
        return text

    def _bring_into_view(self, pc: int, above: int) -> None:
        if not self.top <= pc < self.top + max(1, self.size.height):
            self.top = max(0, pc - above)

    def toggled(self, debugger: Debugger) -> str:
        """What is said to set or clear a breakpoint at the cursor; nothing where no instruction is."""
        row = self._row()
        if row is None:
            return ""
        numbers = stops_at(debugger, row)
        return f"delete {numbers[0]}" if numbers else f"break {called(debugger, row)}"

    def way_here(self, debugger: Debugger) -> str:
        """What is said to come to the cursor."""
        row = self._row()
        return f"at {called(debugger, row)}" if row else ""

    def _row(self) -> Row | None:
        return next((row for row in self.rows if row.pc == self.cursor and row.place is not None), None)

    def moved(self, by: int) -> None:
        self.cursor = max(0, self.cursor + by)
        if self.cursor < self.top:
            self.top = self.cursor
        elif self.cursor >= self.top + self.size.height:
            self.top = self.cursor - self.size.height + 1
        self.post_message(self.Moved(self))

    def action_begin(self) -> None:
        self.moved(-self.cursor)

    def action_finish(self) -> None:
        self.action_page(1)

    def action_follow(self) -> None:
        """Back to the instruction that comes next."""
        self.moved(self.pc - self.cursor)

    def on_click(self, event: Click) -> None:
        self.moved(self.top + max(0, event.y - 1) - self.cursor)


WIDE = 60  # columns from which on there is room for words


def said_of(row: Row, rows: list[Row]) -> str:
    """The line of the source; where there is none, and for what a line has made beyond its first word, the
    instruction."""
    if row.line is None or _goes_on(row, rows):
        return f"{row.label + ': ' if row.label else ''}{row.text}"
    return f"{row.line.line:>4} {row.line.text.strip()}"


def _goes_on(row: Row, rows: list[Row]) -> bool:
    """Whether the row before is of the same line."""
    return any(other.pc == row.pc - 1 and other.line == row.line for other in rows)
