"""The history of a machine: any step of its run, forwards and backwards, exactly.

    history = History(machine)          # bare, or virtual at any depth; from where it stands now
    history.go(1_000_000)               # runs on, and keeps checkpoints on the way
    history.go(999_999)                 # goes back, and is word for word where a fresh run to that step is
    with history.change():              # changes something: a branch, if it is not the newest step
        machine.state["x"] = ...

Everything counts: the state of every machine of the tower, storage, devices, what came in and what was chosen, and what
the monitors counted. What went out of the machine does not go out again (`isa.devices.journal`). While there is a
history, nobody else runs these machines.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter

from isa.devices import Console, Live
from isa.devices.journal import journal
from isa.machine import Exit, Machine, Reason
from monitor.history.checkpoints import Checkpoints, HistoryError
from monitor.history.cuts import cut_after, cut_before
from monitor.monitor import VirtualMachine
from monitor.statistics import ExitEvent

MEMORY = 64 << 20  # bytes
SHARE = 0.05  # of the time of a run
Subscriber = Callable[[ExitEvent], None]

__all__ = ["MEMORY", "History", "HistoryError"]


class History:
    """`newest` is the last step reached, `first` the one at which this was made. `branches` are the steps at which
    something was changed in the past, and what came after given up. Checkpoints take at most `memory` bytes, about, the
    journals of disks included, and no larger `share` of the time of the run: there are none at cuts where they would.
    That changes nothing but speed. `progress`, if set, is told the step after every stretch; what it raises ends a `go`
    there, and nothing is lost.
    """

    def __init__(self, machine: Machine, memory: int = MEMORY, share: float = SHARE) -> None:
        self.machine, self.share = machine, share
        began = perf_counter()
        self._journals, self._sinks = journal(machine.ports)
        self.checkpoints = Checkpoints(machine, memory)
        self._cost = perf_counter() - began  # seconds that the last checkpoint took
        self._ran = self._spent = 0.0  # seconds that running took, and all checkpoints
        self.first = self.newest = machine.steps
        self.branches: list[int] = []
        self.progress: Callable[[int], None] | None = None
        self._astray = False  # whether the machine is not where a run to this step would be

    def go(self, step: int) -> Exit:
        """Bring the machine to a step, or as near as it comes: not before the first, nor beyond its end. Breakpoints do
        not stop it. The exit says how the last stretch ended: with BUDGET at the step. Raises HistoryError where the
        memory does not suffice."""
        self._take_up_what_was_typed()
        return self._go(max(step, self.first))

    def _go(self, step: int) -> Exit:
        with self._quiet():
            number = self.checkpoints.nearest(step)
            if not self._leads(number, step):
                self.checkpoints.put(number)
            self._astray = True  # until it is known how it ended
            try:
                end = self._run(step)
            finally:
                self.newest = max(self.newest, self.machine.steps)
            self._astray = end.reason is not Reason.BUDGET
        return end

    @contextmanager
    def change(self) -> Iterator[None]:
        """Inside, the machine may be changed at the present step: state, storage, devices, what is typed. What came
        after this step is given up, and in the files of disks and recordings undone. Raises HistoryError if a disk
        cannot be."""
        if self._astray:  # how it ended does not belong to a step from which it goes on
            self._go_back()
        past = self.machine.steps < self.newest
        self.forget()
        if past:
            self.branches.append(self.machine.steps)
        try:
            yield
        finally:
            self.checkpoints.note(fixed=True, beside=self._beside)

    def forget(self) -> None:
        """Make the present step the newest one, as if the machine had never run on. Raises HistoryError as `change`."""
        try:
            self.machine.ports.branch()
        except OSError as error:
            reason = error.strerror or str(error)
            raise HistoryError(f"what was written outside cannot be taken back: {reason}", "mend it first") from None
        self.checkpoints.cut()
        self.newest = self.machine.steps

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Inside, what is printed does not go out yet: whoever runs on to look for something may come too far, and
        forgets that."""
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
        if self.machine.steps < self.newest:
            raise HistoryError(
                "something was typed while the machine is in its past", "type at the newest step, or inside a change"
            )
        if self.checkpoints.present.step != self.machine.steps:
            with self.change():
                pass

    def _go_back(self) -> None:
        """To the step at which the machine is, as it was when it came there. What was typed since waits."""
        for live in self._typed():
            live.waits = True
        try:
            self._go(self.machine.steps)
        finally:
            for live in self._typed():
                live.waits = False

    def _typed(self) -> Iterator[Live]:
        for device in self.machine.ports.devices.values():
            if isinstance(device, Console) and isinstance(device.input, Live):
                yield device.input

    @contextmanager
    def looking(self, first: int) -> Iterator[Machine]:
        """Inside, the machine is at that step, and may be run on up to the newest one in whatever way shows most. What
        it comes to is then not taken for the history."""
        self.go(first)
        with self._quiet():
            self._astray = True
            yield self.machine

    def tell(self, step: int) -> None:
        """A long way has come to this step; whoever follows it may raise."""
        if self.progress is not None:
            self.progress(step)

    # ---- running

    def _leads(self, number: int, step: int) -> bool:
        """Whether one can run on from where the machine stands. What runs on a monitor was cut there, and what ended
        has been counted as that."""
        here, present = self.machine.steps, self.checkpoints.lines.present
        if number != present or here > step or self._astray:
            return False
        return here == step or here == self.checkpoints.present.step or len(self.machine.hosts) == 1

    def _run(self, step: int) -> Exit:
        machine = self.machine
        while True:
            stop = min(step, cut_after(machine.steps))
            began = perf_counter()
            end = machine.run(stop - machine.steps)
            self._ran += perf_counter() - began
            self.tell(machine.steps)
            if end.reason is not Reason.BUDGET:
                return end
            here = machine.steps
            if here == cut_before(here) and here != self.checkpoints.present.step:
                self._note()
            if here >= step:
                return end

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
    def _quiet(self) -> Iterator[None]:
        """Inside, nothing stops the machine, and nobody is told again what was told before."""
        machine, trace = self.machine, self.machine.trace
        stops = [(host, host.breakpoints, host.break_places) for host in machine.hosts]
        told = [vm.monitor.subscribers for vm in machine.hosts if isinstance(vm, VirtualMachine)]
        before = [list(subscribers) for subscribers in told]
        for host in machine.hosts:
            host.breakpoints, host.break_places = set(), set()
        for subscribers in told:
            subscribers[:] = [self._once(subscriber) for subscriber in subscribers]
        if trace is not None:
            machine.trace = replace(trace, first=max(trace.first, self.newest))
        try:
            yield
        finally:
            machine.trace = trace
            for host, pcs, places in stops:
                host.breakpoints, host.break_places = pcs, places
            for subscribers, those in zip(told, before, strict=True):
                subscribers[:] = those

    def _once(self, subscriber: Subscriber) -> Subscriber:
        """Tells of exits beyond the newest step."""
        machine, newest = self.machine, self.newest

        def tell(event: ExitEvent) -> None:
            ahead = machine.dispatcher.done if isinstance(machine, VirtualMachine) else 0
            if machine.steps + ahead > newest:
                subscriber(event)

        return tell
