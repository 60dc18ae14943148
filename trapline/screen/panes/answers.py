"""What was said to the debugger, by keys or as words, and what it answered."""

from rich.text import Text

from trapline.debugging.words import Debugger
from trapline.screen.pane import Pane, plain

PROMPT = "> "
MOST = 2_000  # lines


class Answers(Pane):
    heading = "words"

    def look(self, debugger: Debugger) -> list[Text]:
        return self.lines

    def add(self, line: str, answers: list[str]) -> None:
        """A line and what came of it."""
        said = [Text(PROMPT + plain(line), "bold"), *(Text(plain(answer)) for answer in answers)]
        self.first = max(0, len(self.lines) + (0 if len(said) > self.size.height else len(said) - self.size.height))
        self.show([*self.lines, *said][-MOST:])
