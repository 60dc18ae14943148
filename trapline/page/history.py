"""The history of a run, forwards and backwards: the words of `trapline debug`, and what there is to see after each."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from isa.errors import UsageError
from trapline.debugging.words import Debugger

if TYPE_CHECKING:
    from trapline.debugging.lockstep import Lockstep

AROUND = 5  # instructions that are shown before and after the one that is next
LARGEST = 1 << 16  # bytes of what was printed that are shown, the last ones


class History:
    """A debugger, or two side by side, as long as the page looks at one run."""

    def __init__(self, words: Sequence[str]) -> None:
        """What follows `trapline debug` on a command line. Raises TraplineError in all its kinds."""
        from trapline.cli import build_parser
        from trapline.commands import debug

        arguments = build_parser({"debug": debug}).parse_args(["debug", "--json", *words])
        if arguments.batch or arguments.web:
            raise UsageError("words are said one by one here", "leave `--batch` and `--web` away")
        self._open = ExitStack()
        self.told = self._opened(arguments)

    def _opened(self, arguments: Any) -> "Debugger | Lockstep":
        from trapline.debugging import lockstep, opening
        from trapline.debugging.moment import Moment

        arguments.moment = Moment.load(arguments.at) if arguments.at else None
        if arguments.moment is not None and arguments.moment.monitors:
            return lockstep.opened(arguments.moment)
        return self._open.enter_context(opening.opened(arguments))

    def close(self) -> None:
        self._open.close()

    def say(self, line: str, agreed: bool) -> dict[str, Any]:
        """What a line does. One that would give up steps that were taken is not done before that was `agreed` to;
        `gives_up` says how many."""
        if self.told.branches(line) and not agreed:
            return {"gives_up": self.told.ahead, "lines": [], **self.seen()}
        return {"gives_up": 0, "lines": list(self._lines(line)), **self.seen()}

    def _lines(self, line: str) -> Iterator[str]:
        for found in self.told.do(line):
            yield found if isinstance(found, str) else f"{found.side}: {found.text}" if found.side else found.text

    def seen(self) -> dict[str, Any]:
        """The machine as it stands; of two side by side the one under monitors."""
        from trapline.debugging.scopes import scopes

        debugger = self.told if isinstance(self.told, Debugger) else self.told.monitored
        machine = debugger.machine
        printed = b"".join(console.output for console in debugger.consoles[:1])
        groups = [
            {"name": scope.name, "values": [{"name": v.name, "text": v.text} for v in scope.values]}
            for scope in scopes(machine)
        ]
        return {
            "step": machine.steps,
            "newest": debugger.history.newest,
            "halted": machine.halted,
            "over": self.told.over,
            "printed": printed[-LARGEST:].decode("utf-8", "backslashreplace"),
            "state": groups,
            "code": list(_code(debugger)),
        }


def _code(debugger: Debugger) -> Iterator[dict[str, Any]]:
    """Instructions around the one that is next."""
    from trapline.debugging.code import code

    machine = debugger.machine
    pc = machine.state[machine.isa.pc]
    assert isinstance(pc, int)
    for row in code(machine, debugger.image, pc - AROUND, 2 * AROUND + 1):
        line = {"file": row.line.file, "line": row.line.line} if row.line else None
        yield {"pc": row.pc, "text": row.text, "label": row.label, "source": line, "next": row.pc == pc}
