"""The run from its first step to the newest one, as a line of marks on which one can go anywhere.

A column is a power of two of steps. Where it has room the pane has a lane for each kind of marks, and else one for all:
then a column shows the kind that is rarest. `^` is the present step, and `|` the cursor.
"""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message

from trapline.debugging.debugged import Debugged, Guest
from trapline.debugging.marks import Mark, Marks
from trapline.debugging.words import Debugger
from trapline.screen.pane import Pane

LANES = {Mark.BRANCH: "/", Mark.BREAK: "*", Mark.EXIT: "x", Mark.DEVICE: "d", Mark.TRAP: "t"}
NAMES = 8  # columns before a lane


class Timeline(Pane):
    """`low` is the step of the first column, and a column has 1 << `shift` steps; `zoomed` says how much finer than all
    of the run. The cursor is at the step `chosen`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "walk(-1)", show=False),
        Binding("right", "walk(1)", show=False),
        Binding("left_square_bracket", "mark(-1)", show=False),
        Binding("right_square_bracket", "mark(1)", show=False),
        Binding("plus", "zoom(1)", show=False),
        Binding("minus", "zoom(-1)", show=False),
        Binding("enter", "go", show=False),
    ]
    heading = "time"
    keys = "arrows [ ] mark + - zoom enter go"

    class Chosen(Message):
        """Somebody wants to go to a step."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self) -> None:
        super().__init__()
        self.low = self.shift = self.zoomed = self.chosen = 0
        self.marks: Marks | None = None
        self._known: dict[Guest, Marks] = {}
        self.found: list[Mark | None] = []
        self._step = -1
        self._stood: tuple[Guest, int] | None = None
        self._first = self._newest = 0

    @property
    def columns(self) -> int:
        return max(1, self.size.width - NAMES)

    def look(self, debugger: Debugger) -> list[Text]:
        """As far as the marks are known."""
        self.marks = self._known.setdefault(debugger.present, Marks(Debugged(debugger.present)))
        history = debugger.history
        self._first, self._newest = history.first, history.newest
        whole = fitting(self._first, self._newest, self.columns)
        self.zoomed = min(self.zoomed, whole)
        self.shift = whole - self.zoomed
        if debugger.standing != self._stood:
            self._stood = debugger.standing
            self._step = self.chosen = debugger.machine.steps
        self._bring_into_view()
        self.found = self.marks.known(self.low, self.shift, self.columns)
        return list(self._lines())

    def later(self, debugger: Debugger) -> Iterator[list[Text]]:
        """With the marks that are not known yet."""
        if self.marks is not None:
            low, shift, columns = self.low, self.shift, self.columns
            for _ in self.marks.look(low, shift, columns):
                self.found = self.marks.known(low, shift, columns)
                yield list(self._lines())

    def _bring_into_view(self) -> None:
        """The cursor, where a part of the run is in view; else all of it is."""
        if not self.zoomed:
            self.low = self._first >> self.shift << self.shift
        elif not 0 <= self.cursor < self.columns:
            self.low = max(0, (self.chosen >> self.shift) - self.columns // 2) << self.shift

    @property
    def cursor(self) -> int:
        """The column of the cursor."""
        return (self.chosen - self.low) >> self.shift

    def _lines(self) -> Iterator[Text]:
        for kinds in [[kind] for kind in LANES] if self.size.height > len(LANES) else [self._rarest_first()]:
            name = (kinds[0].name or "").lower() if len(kinds) == 1 else "marks"
            yield Text(f"{name:<{NAMES}}" + "".join(letter(mark, kinds) for mark in self.found))
        yield self._ruler()

    def _rarest_first(self) -> list[Mark]:
        """The kinds by how many columns have them: what is everywhere hides nothing."""
        return sorted(LANES, key=lambda kind: sum([found is not None and kind in found for found in self.found]))

    def _ruler(self) -> Text:
        here, each = (self._step - self.low) >> self.shift, 1 << self.shift
        chars = [" "] * self.columns
        label = f" {self._step:,} of {self._newest:,}, {each:,} step{'s' * (each > 1)} a column, at {self.chosen:,}"
        start = min(max(here, self.cursor) + 1, self.columns - len(label))
        if start > max(here, self.cursor):
            chars[start : start + len(label)] = label
        elif len(label) < min(here, self.cursor):
            chars[: len(label)] = label
        for column, char in ((self.cursor, "|"), (here, "^")):
            if 0 <= column < self.columns:
                chars[column] = char
        return Text("step".ljust(NAMES) + "".join(chars[: self.columns]))

    # ---- what is pressed

    def action_walk(self, by: int) -> None:
        self._put(self.cursor + by)

    def action_mark(self, by: int) -> None:
        """To the next column that has a mark."""
        ahead = range(self.cursor + by, len(self.found) if by > 0 else -1, by)
        self._put(next((column for column in ahead if self.found[column]), self.cursor))

    def action_begin(self) -> None:
        self._choose(self._first)

    def action_finish(self) -> None:
        self._choose(self._newest)

    def action_go(self) -> None:
        self.post_message(self.Chosen(self.chosen))

    def action_zoom(self, by: int) -> None:
        """Finer or coarser, with the cursor at its step."""
        whole = self.zoomed + self.shift
        self.zoomed = max(0, min(self.zoomed + by, whole))
        self.shift, self.low = whole - self.zoomed, 0
        self._choose(self.chosen)

    def moved(self, by: int) -> None:
        self._put(self.cursor + by)

    def on_click(self, event: Click) -> None:
        self._put(event.x - NAMES)
        self.action_go()

    def _put(self, column: int) -> None:
        self._choose(self.low + (column << self.shift))

    def _choose(self, step: int) -> None:
        self.chosen = max(self._first, min(step, self._newest))
        self.post_message(self.Moved(self))


def fitting(first: int, newest: int, columns: int) -> int:
    """The least power of two of steps a column, so that all fit."""
    shift = 0
    while (newest >> shift) - (first >> shift) >= columns:
        shift += 1
    return shift


def letter(found: Mark | None, kinds: list[Mark]) -> str:
    """A dot where nothing has happened, and nothing where nobody has looked yet."""
    if found is None:
        return " "
    return next((LANES[kind] for kind in kinds if kind in found), ".")
