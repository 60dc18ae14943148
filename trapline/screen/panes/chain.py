"""The chain of traps: who runs, and who was left by which trap for it, up to where it is not known any more."""

from collections.abc import Iterator

from rich.text import Text

from trapline.debugging.debugged import Guest
from trapline.debugging.frames import Frame, frames
from trapline.debugging.words import Debugger
from trapline.screen.pane import Pane, plain


class Chain(Pane):
    heading = "traps"

    def __init__(self) -> None:
        super().__init__()
        self._stood: tuple[Guest, int] | None = None

    def look(self, debugger: Debugger) -> list[Text]:
        """Nothing that is not true any more."""
        return self.lines if debugger.standing == self._stood else [Text("...", "dim")]

    def later(self, debugger: Debugger) -> Iterator[list[Text]]:
        self._stood = debugger.standing
        yield [line for frame in frames(debugger) for line in _lines(frame)]


def _lines(frame: Frame) -> list[Text]:
    how = f", trapped: {frame.trapped}" if frame.trapped else ", runs"
    decided = f" ({frame.decision})" if frame.decision else ""
    where = f"{frame.line.file}:{frame.line.line}" if frame.line else f"pc {frame.pc:#x}"
    head = Text(f"{frame.title}{decided}{how}", "" if frame.trapped else "bold")
    text = f": {frame.line.text.strip()}" if frame.line else ""
    return [head, Text(f"  step {frame.step:,}, {where}{plain(text)}")]
