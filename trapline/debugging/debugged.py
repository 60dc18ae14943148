"""What is debugged: a machine with its history, and what of its program is known. Every question is asked of this.

`words.py` has the `Debugger` that is told in words what to do with it; `scopes.py`, `code.py` and `frames.py` show it,
`stops.py` moves it.
"""

from difflib import get_close_matches

from isa.assembler import Image
from isa.devices import Console
from isa.errors import UsageError
from isa.machine import Machine
from monitor.history import History
from trapline.debugging.breakpoints import Stop
from trapline.debugging.conditions import Condition
from trapline.debugging.meeting import Memory
from trapline.debugging.places import Place, places_of


class Debugged:
    """`limit` is the step beyond which the machine is not run; `image`, if there is one, has the program's symbols and
    lines. `stops` are what its user has set. It is `alone` unless another machine at the same step stands beside it:
    then how far each has come, and on what it runs, is not told."""

    def __init__(self, machine: Machine, image: Image | None, limit: int) -> None:
        self.machine, self.image, self.limit = machine, image, limit
        self.history = History(machine)
        self.symbols = image.symbols if image else {}
        self.stops: list[Stop] = []
        self.alone = True

    @property
    def past(self) -> bool:
        """Whether to change something now gives up what came after."""
        return self.machine.steps < self.history.newest

    @property
    def ahead(self) -> int:
        """How many steps that would be."""
        return self.history.newest - self.machine.steps

    @property
    def consoles(self) -> list[Console]:
        return [device for device in self.machine.ports.devices.values() if isinstance(device, Console)]

    @property
    def printed(self) -> int:
        """How many characters have gone out of the guest's console."""
        return sum(console.transcript.length for console in self.consoles)

    @property
    def at_line_start(self) -> bool:
        return all(console.printed(-1) in (b"", b"\n") for console in self.consoles)

    # ---- what is said of it

    def condition(self, text: str) -> Condition:
        """Raises SourceError for a text that is none."""
        return Condition(text, self.machine.isa, self.symbols)

    def number(self, text: str) -> int:
        """The value of an expression now. Raises SourceError."""
        return self.value(self.condition(text))

    def value(self, condition: Condition) -> int:
        """The value of a condition now. Raises SourceError."""
        here = self.machine.steps
        (known,) = Memory(self.history).before(condition.needs, [here])
        if condition.needs:
            self.history.go(here)
        return condition.value(self.machine, known)

    def place(self, name: str) -> Place:
        """A register, a state or a field by its name. Raises UsageError."""
        places = places_of(self.machine.isa)
        if name not in places:
            near = get_close_matches(name, places, 3)
            help = f"did you mean {' or '.join(near)}?" if near else "give a register, a state, a field, or `[e]`"
            raise UsageError(f"there is no place `{name:.40}`", help)
        return places[name]
