"""The course of a run of guests in turn: any step of their clock, or of one of them, exactly; what a history stands on.

`History` in `history.py` sees it with the eyes of one guest. Next: `checkpoints.py`, and `cuts.py` for where a run is
cut.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter

from isa.devices import Console, Live
from isa.devices.journal import journal
from isa.machine import Exit, Machine, Reason
from monitor.history.checkpoints import Checkpoints, HistoryError, Instant
from monitor.history.cuts import cut_after, cut_before
from monitor.monitor import VirtualMachine
from monitor.schedule import Schedule
from monitor.statistics import ExitEvent

MEMORY = 64 << 20  # bytes
SHARE = 0.05  # of the time of a run
Subscriber = Callable[[ExitEvent], None]


class Course:
    """`newest` is the last instant reached, `first` the one at which this was made. `branches` are those at which
    something was changed in the past, and what came after given up. For `memory`, `share` and `progress` see
    `History`."""

    def __init__(self, schedule: Schedule, memory: int = MEMORY, share: float = SHARE) -> None:
        self.schedule, self.share = schedule, share
        began = perf_counter()
        parts = [journal(guest.ports) for guest in schedule.guests]
        self._journals = [one for journals, _ in parts for one in journals]
        self._sinks = [sink for _, sinks in parts for sink in sinks]
        self.checkpoints = Checkpoints(schedule, memory)
        self._cost = perf_counter() - began  # seconds that the last checkpoint took
        self._ran = self._spent = 0.0  # seconds that running took, and all checkpoints
        self.first = self.newest = Instant.of(schedule)
        self.branches: list[Instant] = []
        self.progress: Callable[[int], None] | None = None
        self._astray = False  # whether the guests are not where a run to this step would be
        self._moves = 0  # how often they have been brought elsewhere

    @property
    def past(self) -> bool:
        """Whether they have been further."""
        return self.schedule.steps < self.newest.clock

    def go(self, step: int, guest: Machine | None = None) -> Exit:
        """Bring the guests to a step of the clock, or to where one of them is about to take a step of its own, or as
        near as they come. They stay if they are there. The exit says how the last stretch ended. Raises HistoryError
        where the memory does not suffice."""
        self._take_up_what_was_typed()
        return self._go(step, guest)

    def _go(self, step: int, guest: Machine | None = None) -> Exit:
        schedule = self.schedule
        if not self._astray and (schedule if guest is None else guest).steps == step:
            return Exit(Reason.BUDGET, 0, 0)
        self._moves += 1
        with self._quiet(self._once):
            number = self.checkpoints.nearest(step, None if guest is None else schedule.guests.index(guest))
            if not self._leads(number, step, guest):
                self.checkpoints.put(number)
            self._astray = True  # until it is known how it ended
            try:
                end = self._run(step, guest)
            finally:
                self.newest = max(self.newest, Instant.of(schedule))
            self._astray = end.reason is not Reason.BUDGET
        return end

    @contextmanager
    def staying(self) -> Iterator[None]:
        """Inside, the guests may go anywhere: they come back to where they are."""
        clock, moves = self.schedule.steps, self._moves
        try:
            yield
        finally:
            if self._moves != moves:
                self.go(clock)

    @contextmanager
    def looking(self, step: int, guest: Machine) -> Iterator[None]:
        """Inside, a guest is at that step, and may be run alone: what the others do is nothing to it. What it comes to
        is then not taken for the history."""
        self.go(step, guest)
        self._moves += 1
        with self._quiet(lambda subscribers: []):
            self._astray = True
            yield

    @contextmanager
    def change(self) -> Iterator[None]:
        """Inside, guests may be changed at the present step: see `History.change`."""
        if self._astray:  # how it ended does not belong to a step from which it goes on
            self._go_back()
        if self.past:
            self.forget()
            self.branches.append(Instant.of(self.schedule))
        try:
            yield
            self._stamp()
        finally:
            self.schedule.wake()
            self.checkpoints.note(fixed=True, beside=self._beside)

    def forget(self, but: int = 0) -> None:
        """Make the present step the newest one, or that step of the clock if it comes later, as if the guests had never
        run on. Raises HistoryError as `change`."""
        if self.schedule.steps < but < self.newest.clock:
            with self.staying():
                self.go(but)
                self.forget()
        elif self.schedule.steps >= but:
            self._forget()

    def _forget(self) -> None:
        try:
            for guest in self.schedule.guests:
                guest.ports.branch()
        except OSError as error:
            reason = error.strerror or str(error)
            raise HistoryError(f"what was written outside cannot be taken back: {reason}", "mend it first") from None
        self.checkpoints.cut()
        self.newest = Instant.of(self.schedule)

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Inside, what is printed does not go out yet: whoever runs on to look for something may come too far, and
        forgets that."""
        if any(sink.holding for sink in self._sinks):  # whoever began it ends it
            yield
            return
        for sink in self._sinks:
            sink.holding = True
        try:
            yield
        finally:
            self._release()

    def _release(self) -> None:
        try:
            for sink in self._sinks:
                sink.release()
        except OSError as error:
            reason = error.strerror or str(error)
            raise HistoryError(
                f"console: cannot write output: {reason}", "make room or open the output again"
            ) from None

    def _take_up_what_was_typed(self) -> None:
        """It arrives at the newest step, and there alone."""
        if not any(live.pending for live in self._typed()):
            return
        if self.past:
            raise HistoryError(
                "something was typed while the machine is in its past", "type at the newest step, or inside a change"
            )
        if self.checkpoints.present.step != self.schedule.steps:
            with self.change():
                pass

    def _go_back(self) -> None:
        """To the step at which the guests are, as it was when they came there. What was typed since waits."""
        for live in self._typed():
            live.waits = True
        try:
            self._go(self.schedule.steps)
        finally:
            for live in self._typed():
                live.waits = False

    def _stamp(self) -> None:
        """What was typed arrives here, and nowhere before."""
        try:
            for guest in self.schedule.guests:
                for live in _typed_to(guest):
                    live.stamp(guest.steps)
        except OSError as error:
            reason = error.strerror or str(error)
            raise HistoryError(f"what was typed cannot be recorded: {reason}", "make room, and type it again") from None

    def _typed(self) -> Iterator[Live]:
        for guest in self.schedule.guests:
            yield from _typed_to(guest)

    # ---- running

    def _leads(self, number: int, step: int, guest: Machine | None) -> bool:
        """Whether one can run on from where the guests stand. What runs on a monitor was cut there, and what ended has
        been counted as that."""
        clock, present = self.schedule.steps, self.checkpoints.lines.present
        if number != present or self._astray or (clock if guest is None else guest.steps) > step:
            return False
        return clock == self.checkpoints.present.step or len(self.checkpoints.machines) == 1

    def _run(self, step: int, guest: Machine | None) -> Exit:
        schedule = self.schedule
        while True:
            here = schedule.steps
            stop = cut_after(here) if guest is not None else min(step, cut_after(here))
            began = perf_counter()
            end = schedule.run(stop - here, guest, step)
            self._ran += perf_counter() - began
            self.tell((guest or schedule).steps)
            here = schedule.steps
            if end.reason is not Reason.BUDGET:
                return end
            if here == cut_before(here) and here != self.checkpoints.present.step:
                self._note()
            if schedule.at(step, guest):
                return end

    def tell(self, step: int) -> None:
        if self.progress is not None:
            self.progress(step)

    def _note(self) -> None:
        """Make a checkpoint here, if there is time for it."""
        if self._spent + self._cost <= self.share * self._ran:
            began = perf_counter()
            self.checkpoints.note(beside=self._beside)
            self._cost = perf_counter() - began
            self._spent += self._cost

    @property
    def _beside(self) -> int:
        return sum(j.held for j in self._journals)

    @contextmanager
    def _quiet(self, heard: Callable[[list[Subscriber]], list[Subscriber]]) -> Iterator[None]:
        """Inside, nothing stops the guests, and nobody is told again what was told before: `heard` are those that may
        be told of exits."""
        machines = self.checkpoints.machines
        stops = [(machine, machine.breakpoints, machine.break_places, machine.trace) for machine in machines]
        monitors = {id(vm.monitor): vm.monitor for vm in machines if isinstance(vm, VirtualMachine)}
        told = [(monitor.subscribers, list(monitor.subscribers)) for monitor in monitors.values()]
        for machine in machines:
            machine.breakpoints, machine.break_places = set(), set()
        for guest, newest in zip(self.schedule.guests, self.newest.steps, strict=True):
            if guest.trace is not None:
                guest.trace = replace(guest.trace, first=max(guest.trace.first, newest))
        for subscribers, those in told:
            subscribers[:] = heard(those)
        try:
            yield
        finally:
            for machine, pcs, places, trace in stops:
                machine.breakpoints, machine.break_places, machine.trace = pcs, places, trace
            for subscribers, those in told:
                subscribers[:] = those

    def _once(self, subscribers: list[Subscriber]) -> list[Subscriber]:
        """These, but they are told of exits beyond the newest step alone."""
        newest = self.newest.clock

        def once(subscriber: Subscriber) -> Subscriber:
            return lambda event: subscriber(event) if self._now() > newest else None

        return [once(subscriber) for subscriber in subscribers]

    def _now(self) -> int:
        """The clock, with what whoever has the turn has done of it."""
        present = self.schedule.present
        return self.schedule.steps + (present.dispatcher.done if isinstance(present, VirtualMachine) else 0)


def _typed_to(guest: Machine) -> Iterator[Live]:
    for device in guest.ports.devices.values():
        if isinstance(device, Console) and isinstance(device.input, Live):
            yield device.input
