"""What the guest has printed up to this step, its end in view. What lies in the future is not there yet."""

from rich.text import Text

from trapline.debugging.words import Debugger
from trapline.screen.pane import Pane, plain

KEPT = 1 << 16  # bytes that are looked at


class Consoles(Pane):
    heading = "console"

    def look(self, debugger: Debugger) -> list[Text]:
        lines: list[Text] = []
        for console in debugger.consoles:
            printed = console.printed(-KEPT).decode("utf-8", "replace")
            lines += [Text(plain(line)) for line in printed.split("\n")]
        return lines or [Text("this machine has no console", "italic")]

    def show(self, lines: list[Text]) -> None:
        self.first = len(lines)
        super().show(lines)
