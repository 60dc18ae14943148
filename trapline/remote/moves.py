"""How gdb's steps and runs become moves through a history, in either direction, and what it hears of where they end.

A breakpoint is a pc. A watchpoint is the words of storage that the machine sees there when gdb sets it. gdb takes all
of them out and puts them back at every stop. As RISC-V does, the machine stops before a watched write is done, or
undone; gdb then takes the watchpoint out and steps.
"""

from monitor.history.looks import AnyOf, Executes, Writes
from monitor.history.questions import seek, step
from trapline.debugging.words import Debugger

BREAKS = {"0": b"swbreak:;", "1": b"hwbreak:;"}  # by the kinds that gdb numbers
WATCH = "2"
BEGIN, END = b"replaylog:begin;", b"replaylog:end;"  # as gdb calls the ends of a history


class Interrupted(Exception):
    """Somebody pressed Ctrl-C."""


class Moves:
    """`stops` are what gdb has set: pcs, or places in storage, by kind and byte address."""

    def __init__(self, debugger: Debugger) -> None:
        self.debugger, self.history, self.machine = debugger, debugger.history, debugger.machine
        self.stops: dict[tuple[str, int], tuple[int, ...]] = {}
        self._clear = self._come = debugger.machine.steps  # up to where there is no stop, and how far it has come

    def step(self, backwards: bool) -> bytes:
        if written := self._writes(backwards):
            return written
        ended = self.machine.steps >= self.debugger.limit and not backwards
        if ended or step(self.history, backwards) is None:
            return BEGIN if backwards else END
        return b""

    def run(self, backwards: bool) -> bytes:
        """To the next stop. Ctrl-C forwards keeps the way that is known to have none, and backwards the place."""
        if written := self._writes(backwards):
            return written
        here = self._clear = self._come = self.machine.steps
        end = self.history.first if backwards else max(here, self.debugger.limit)
        try:
            if self.stops and seek(self.history, AnyOf(self._questions), backwards, abs(end - here)) is not None:
                return self._reached(backwards)
            self.history.go(end)
        except Interrupted:
            self.history.go(here if backwards else self._clear)
            raise
        return BEGIN if backwards else END

    def come(self, step: int) -> None:
        """What the history tells as it goes on. A stretch has been looked through when the next one is told of."""
        if step > self._come:
            self._clear, self._come = self._come, step

    @property
    def _questions(self) -> tuple[Executes | Writes, ...]:
        stops = ((Executes if kind in BREAKS else Writes, where) for (kind, _), where in self.stops.items())
        return tuple(question(n) for question, where in stops for n in where)

    def _reached(self, backwards: bool) -> bytes:
        """For what the machine has been stopped before this step. A write is undone before a breakpoint is reached."""
        if backwards:
            self.history.go(self.machine.steps + 1)
            if written := self._writes(backwards):
                return written
            self.history.go(self.machine.steps - 1)
        return self._broken() or self._writes(backwards)

    def _broken(self) -> bytes:
        pc = self.machine.state[self.machine.isa.pc]
        hit = (kind for (kind, _), where in self.stops.items() if kind in BREAKS and pc in where)
        return BREAKS.get(next(hit, ""), b"")

    def _writes(self, backwards: bool) -> bytes:
        """What the next step in this direction writes of what is watched. The machine stays."""
        watched = [(place, address) for (kind, address), all in self.stops.items() if kind == WATCH for place in all]
        here = self.machine.steps
        step, newest = here - backwards, here == self.history.newest
        if not watched or not self.history.first <= step < self.debugger.limit:
            return b""
        self.history.go(step + 1)
        taken = self.machine.steps > step
        address = next((address for place, address in watched if taken and self._wrote(place, step)), None)
        self.history.go(here)
        if newest:
            self.history.forget()  # to look ahead is no step
        return b"" if address is None else b"watch:%x;" % address

    def _wrote(self, place: int, step: int) -> bool:
        return Writes(place).within(self.history, step, step + 1, False) is not None
