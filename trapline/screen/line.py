"""The line for words, with those that were said before at its up and down keys, and the rest of a word in grey."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.suggester import SuggestFromList
from textual.widgets import Input

from trapline.debugging.words import WORDS


class Line(Input):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "before(-1)", show=False),
        Binding("down", "before(1)", show=False),
        Binding("escape", "app.leave_line", show=False),
    ]

    def __init__(self) -> None:
        words = [*WORDS, *(f"back {name}" for name in WORDS)]
        suggester = SuggestFromList(words, case_sensitive=True)
        super().__init__(placeholder="words: press :", suggester=suggester, id="line", compact=True)
        self.said: list[str] = []
        self._at = 0

    def remember(self, line: str) -> None:
        self.said = [*(other for other in self.said if other != line), line]
        self._at = len(self.said)
        self.value = ""

    def action_before(self, by: int) -> None:
        """A line that was said before."""
        self._at = max(0, min(len(self.said), self._at + by))
        self.value = self.said[self._at] if self._at < len(self.said) else ""
        self.cursor_position = len(self.value)
