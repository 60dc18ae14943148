"""What is debugged: guests with their histories, and what of their programs is known. Every question is asked of this.

`words.py` has the `Debugger` that is told in words what to do with it; `scopes.py`, `code.py` and `frames.py` show it,
`stops.py` moves it.
"""

from difflib import get_close_matches

from isa.assembler import Image
from isa.devices import Console
from isa.errors import UsageError
from isa.machine import Machine
from monitor.history import History
from monitor.history.course import Course
from trapline.debugging.breakpoints import Stop
from trapline.debugging.conditions import Condition
from trapline.debugging.meeting import Memory
from trapline.debugging.places import Place, places_of


class Guest:
    """One that is debugged. `limit` is the step beyond which its machine is not run; `image`, if there is one, has the
    program's symbols and lines. `stops` are what its user has set. With a `course`, others run beside it."""

    def __init__(
        self, machine: Machine, image: Image | None, limit: int, name: str = "", course: Course | None = None
    ) -> None:
        self.machine, self.image, self.limit, self.name = machine, image, limit, name
        self.history = History(machine, course=course)
        self.symbols = image.symbols if image else {}
        self.stops: list[Stop] = []

    @property
    def ended(self) -> bool:
        """Whether it goes no further."""
        schedule = self.history.course.schedule
        return self.machine.steps >= self.limit or schedule.end_of(self.machine) is not None


class Debugged:
    """Guests of one course; `present` is the one that is looked at and asked about, and whatever else is here is of it.
    They are `alone` unless another machine at the same step stands beside them: then how far each has come, and on what
    it runs, is not told."""

    def __init__(self, *guests: Guest) -> None:
        self.guests, self.present = guests, guests[0]
        self.alone = True

    @property
    def machine(self) -> Machine:
        return self.present.machine

    @property
    def image(self) -> Image | None:
        return self.present.image

    @property
    def history(self) -> History:
        return self.present.history

    @property
    def symbols(self) -> dict[str, int]:
        return self.present.symbols

    @property
    def stops(self) -> list[Stop]:
        return self.present.stops

    @property
    def limit(self) -> int:
        return self.present.limit

    @limit.setter
    def limit(self, step: int) -> None:
        self.present.limit = step

    @property
    def past(self) -> bool:
        """Whether to change something now gives up what came after."""
        return self.history.past

    @property
    def ahead(self) -> int:
        """How many steps that would be."""
        return self.history.known - self.history.clock

    @property
    def standing(self) -> tuple[Guest, int]:
        """Who is looked at, and at which step it stands."""
        return self.present, self.machine.steps

    @property
    def named(self) -> str:
        """What precedes what is said of a guest that is not the only one."""
        return f"{self.present.name}: " if len(self.guests) > 1 else ""

    @property
    def consoles(self) -> list[Console]:
        return [device for device in self.machine.ports.devices.values() if isinstance(device, Console)]

    @property
    def printed(self) -> int:
        """How many characters have gone out of the guest's console."""
        return sum(console.transcript.length for console in self.consoles)

    @property
    def at_line_start(self) -> bool:
        """Of several guests only whole lines are shown."""
        return len(self.guests) > 1 or all(console.printed(-1) in (b"", b"\n") for console in self.consoles)

    # ---- what is said of it

    def condition(self, text: str) -> Condition:
        """Raises SourceError for a text that is none."""
        return Condition(text, self.machine.isa, self.symbols)

    def number(self, text: str) -> int:
        """The value of an expression now. Raises SourceError."""
        return self.value(self.condition(text))

    def value(self, condition: Condition) -> int:
        """The value of a condition now. Raises SourceError."""
        with self.history.staying():
            (known,) = Memory(self.history).before(condition.needs, [self.machine.steps])
        return condition.value(self.machine, known)

    def place(self, name: str) -> Place:
        """A register, a state or a field by its name. Raises UsageError."""
        places = places_of(self.machine.isa)
        if name not in places:
            near = get_close_matches(name, places, 3)
            help = f"did you mean {' or '.join(near)}?" if near else "give a register, a state, a field, or `[e]`"
            raise UsageError(f"there is no place `{name:.40}`", help)
        return places[name]
