"""What all panes have in common: lines, a place in them, and keys to go up and down.

`look` reads the debugger while nothing moves the machine, and `later` what takes longer, in another thread; what they
give is drawn whenever the terminal wants. Panes of endless content look at another part of it when one goes up or down
(`Moved`); all others keep their lines.
"""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import MouseScrollDown, MouseScrollUp, Resize
from textual.message import Message
from textual.widget import Widget

from trapline.debugging.words import Debugger

WHEEL = 3  # lines


class Pane(Widget, can_focus=True):
    """`first` is the number of the line on top. `keys` are those that this pane alone has, for its subtitle."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "begin", show=False),
        Binding("end", "finish", show=False),
    ]
    heading: ClassVar[str] = ""
    keys: ClassVar[str] = ""

    class Moved(Message):
        """This pane has to be looked at again."""

        def __init__(self, pane: "Pane") -> None:
            super().__init__()
            self.pane = pane

    def __init__(self) -> None:
        super().__init__(id=type(self).__name__.lower())
        self.border_title = self.heading
        self.lines: list[Text] = []
        self.first = 0

    def look(self, debugger: Debugger) -> list[Text]:
        """All lines that there are to show at once; a pane may have only what comes later."""
        return []

    def later(self, debugger: Debugger) -> Iterator[list[Text]]:
        """What takes longer to look at, a part after the other, each with all lines that there are to show then. The
        machine may be anywhere after each of them."""
        yield from ()

    def show(self, lines: list[Text]) -> None:
        """What a look has found."""
        self.lines = lines
        self._stay_inside()
        self.refresh()

    def render(self) -> Text:
        shown = self.lines[self.first : self.first + max(1, self.size.height)]
        return Text("\n", no_wrap=True, overflow="crop", end="").join(shown)

    def moved(self, by: int) -> None:
        """Somebody goes so many lines down."""
        self.first += by
        self._stay_inside()
        self.refresh()

    def _stay_inside(self) -> None:
        self.first = max(0, min(self.first, len(self.lines) - self.size.height))

    # ---- what is pressed

    def action_move(self, by: int) -> None:
        self.moved(by)

    def action_page(self, by: int) -> None:
        self.moved(by * max(1, self.size.height - 1))

    def action_begin(self) -> None:
        self.moved(-len(self.lines))

    def action_finish(self) -> None:
        self.moved(len(self.lines))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        self.moved(WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        self.moved(-WHEEL)

    def on_resize(self, event: Resize) -> None:
        self.post_message(self.Moved(self))


def plain(text: str) -> str:
    """What a terminal shows as it is: a dot for every character that it could take for a command."""
    return "".join(c if c.isprintable() else " " if c == "\t" else "." for c in text)
