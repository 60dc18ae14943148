"""What a client wants the machine to stop at, as it said it: so it can be asked of another debugger after a restart."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from isa.errors import TraplineError
from monitor.history.questions import Question
from trapline.adapter.framing import Message
from trapline.debugging.debugged import Guest
from trapline.debugging.stops import HitCount, Stop
from trapline.debugging.words import Debugger

Make = Callable[[Debugger], tuple[Question, Message]]


@dataclass(slots=True, eq=False)
class Mark:
    """`reason` is the protocol's for a stop there, and `text` the name of a trap or an exit. `make` gives the question
    for a debugger and what there is to tell of it; it raises TraplineError where there is none. `log`, if it is not
    empty, is said instead of stopping."""

    id: int
    reason: str
    make: Make
    condition: str = ""
    hits: str = ""
    log: str = ""
    text: str = ""
    stops: dict[Guest, Stop] = field(default_factory=dict)
    told: Message = field(default_factory=dict)

    def settle(self, debugger: Debugger | None) -> None:
        """Ask this debugger, for each of its guests: one that has it is enough."""
        self.stops, self.told = {}, {"id": self.id, "verified": False}
        if debugger is None:
            self.told["message"] = "nothing is being debugged yet"
            return
        present = debugger.present
        for guest in debugger.guests:
            debugger.present = guest
            try:
                self._settle(debugger)
            except TraplineError as error:
                if not self.stops:
                    self.told["message"] = error.message + (f"; {error.help}" if error.help else "")
        debugger.present = present

    def _settle(self, debugger: Debugger) -> None:
        question, known = self.make(debugger)
        condition = debugger.condition(self.condition) if self.condition else None
        hits = HitCount.parsed(self.hits) if self.hits else None
        self.stops[debugger.present] = Stop(f"breakpoint {self.id}", question, condition, hits, debugger.history.first)
        self.told = {"id": self.id, "verified": True, **known}


class Marks:
    """All of them, by what the client sets at one time: a file, or a kind."""

    def __init__(self) -> None:
        self._by_group: dict[str, list[Mark]] = {}
        self._count = 0

    def number(self) -> int:
        self._count += 1
        return self._count

    def put(self, group: str, marks: list[Mark], debugger: Debugger | None) -> Message:
        """These are now the marks of that group: the answer."""
        self._by_group[group] = marks
        for mark in marks:
            mark.settle(debugger)
        return {"breakpoints": [mark.told for mark in marks]}

    def settle(self, debugger: Debugger) -> Iterator[Message]:
        """Ask another debugger; what the client has to be told of it."""
        for mark in self:
            before = mark.told
            mark.settle(debugger)
            if mark.told != before:
                yield {"reason": "changed", "breakpoint": mark.told}

    def clear(self) -> None:
        self._by_group.clear()

    def __iter__(self) -> Iterator[Mark]:
        for marks in self._by_group.values():
            yield from marks
