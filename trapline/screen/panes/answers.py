"""What was said to the debugger, by keys or as words, and what it answered."""

from textwrap import wrap

from rich.text import Text

from trapline.debugging.words import Debugger
from trapline.screen.pane import Pane, plain

PROMPT = "> "
MOST = 2_000  # lines
NARROW = 20  # columns


class Answers(Pane):
    """`said` has the lines as they are; what is too long for the pane goes on in the next line."""

    heading = "words"

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def look(self, debugger: Debugger) -> list[Text]:
        return self._folded(self.said)

    def add(self, line: str, answers: list[str]) -> None:
        """A line and what came of it, its beginning in view."""
        new = [PROMPT + plain(line), *map(plain, answers)]
        self.said = [*self.said, *new][-MOST:]
        lines, height = self._folded(self.said), self.size.height
        self.first = len(lines) - max(height, len(self._folded(new)))
        self.show(lines)

    def _folded(self, lines: list[str]) -> list[Text]:
        width = max(NARROW, self.size.width or 0)
        return [
            Text(part, "bold" if line.startswith(PROMPT) else "")
            for line in lines
            for part in wrap(line, width, subsequent_indent="  ", break_on_hyphens=False) or [""]
        ]
