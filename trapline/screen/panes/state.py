"""Registers and fields, in groups: of the guest's machine, and beside it of the real one and those between.

`*` stands at what is not what it was when one looked before.
"""

from rich.text import Text

from trapline.debugging.debugged import Guest
from trapline.debugging.scopes import Scope, Value, scopes
from trapline.debugging.words import Debugger
from trapline.screen.pane import Pane

NAMES, VALUES = 15, 11  # columns
Known = dict[tuple[int, str, str], int]


class State(Pane):
    """The machine on top is called virtual where it is, and the one below all monitors real."""

    heading = "state"

    def __init__(self) -> None:
        super().__init__()
        self._known: Known = {}
        self._now: Known = {}
        self._stood: tuple[Guest, int] | None = None

    def look(self, debugger: Debugger) -> list[Text]:
        hosts = debugger.machine.hosts
        seen = [scopes(host) for host in (hosts if self._room(len(hosts)) else [hosts[0], hosts[-1]])]
        if debugger.standing != self._stood:
            self._stood, self._known = debugger.standing, self._now
        self._now = {(n, s.name, v.name): v.value for n, found in enumerate(seen) for s in found for v in s.values}
        return [line for scope in seen[0] for line in self._group(scope, seen)]

    def _room(self, machines: int) -> bool:
        """Whether there is room for all of them."""
        return NAMES + VALUES * machines <= self.size.width

    def _group(self, scope: Scope, seen: list[tuple[Scope, ...]]) -> list[Text]:
        others = [dict(self._values(found, scope.name)) for found in seen]
        lines = [Text(scope.name.ljust(NAMES), "bold")]
        if len(seen) > 1:
            names = ["virtual", *(f"below {n}" for n in range(1, len(seen) - 1)), "real"]
            lines[0].append("".join(name.ljust(VALUES) for name in names))
        for value in scope.values:
            line = Text(f"{value.name[: NAMES - 1]:<{NAMES}}")
            for number, values in enumerate(others):
                self._cell(line, number, scope.name, values.get(value.name))
            lines.append(line)
        return lines

    def _values(self, found: tuple[Scope, ...], name: str) -> list[tuple[str, Value]]:
        return [(value.name, value) for scope in found if scope.name == name for value in scope.values]

    def _cell(self, line: Text, number: int, scope: str, value: Value | None) -> None:
        if value is None:
            line.append("-".ljust(VALUES), "dim")
            return
        changed = self._known.get((number, scope, value.name), value.value) != value.value
        line.append(f"{'*' if changed else ''}{value.text}".ljust(VALUES), "bold" if changed else "")
