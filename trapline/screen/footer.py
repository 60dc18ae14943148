"""The keys, always in view, each a button for the mouse: those of the application, and those of the pane in use."""

from rich.markup import escape
from textual.widgets import Static

from trapline.screen.keys import MOVES, OTHERS, Key, shown


class Footer(Static):
    """As many lines as that takes."""

    def __init__(self) -> None:
        super().__init__(id="footer")

    def show(self, pane_keys: str) -> None:
        """For a pane with keys of its own."""
        moves, others = (" ".join(map(_button, keys)) for keys in (MOVES, OTHERS))
        own = f" [dim]|[/] {escape(pane_keys)}" if pane_keys else ""
        self.update(f"{moves} [dim]CAPITAL: back[/]\n{others}{own}")


def _button(key: Key) -> str:
    return f"[@click=app.perform({key.key!r})][b]{escape(shown(key.key))}[/b] {key.label}[/]"
