"""The exits to the monitor up to this step, counted: by decision, cause and place, the most frequent first."""

from rich.text import Text

from monitor import VirtualMachine
from monitor.statistics import ELSEWHERE
from trapline.debugging.words import Debugger
from trapline.reports.exits import share_line, source_line
from trapline.screen.pane import Pane, plain

MOST = 500  # rows


class Exits(Pane):
    heading = "exits"

    def look(self, debugger: Debugger) -> list[Text]:
        machine = debugger.machine
        if not isinstance(machine, VirtualMachine):
            return [Text("a bare machine has no exits: `--monitor trap`", "italic")]
        lines = [Text(part.strip()) for part in share_line(machine.statistics).removeprefix("monitor: ").split(";")]
        for (decision, cause, pc, place), count in machine.statistics.exits.most_common(MOST):
            where = "elsewhere" if pc == ELSEWHERE else f"{pc:#x}"
            source = plain(source_line(debugger.image, place))
            lines.append(Text(f"{count:>7,} {decision.value:<9} {cause:<10} {where:<6} {source}"))
        return lines
