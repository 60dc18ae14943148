"""The history of a machine: any step of its run, forwards and backwards, exactly.

    history = History(machine)          # bare, or virtual at any depth; from where it stands now
    history.go(1_000_000)               # runs on, and keeps checkpoints on the way
    history.go(999_999)                 # goes back, and is word for word where a fresh run to that step is
    with history.change():              # changes something: a branch, if it is not the newest step
        machine.state["x"] = ...

Everything counts: the state of every machine of the tower, storage, devices, what came in and what was chosen, and what
the monitors counted. What went out of the machine does not go out again (`isa.devices.journal`). While there is a
history, nobody else runs these machines.

Several guests of one monitor have one course (`course.py`), and each of them a history of it, in steps of its own:

    course = Course(Schedule(monitor.machines))
    histories = [History(vm, course=course) for vm in monitor.machines]
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from isa.machine import Exit, Machine
from monitor.history.checkpoints import Checkpoints, HistoryError
from monitor.history.course import MEMORY, SHARE, Course
from monitor.schedule import Schedule

__all__ = ["MEMORY", "History", "HistoryError"]


class History:
    """`newest` is the last step reached, `first` the one at which this was made. `branches` are the steps at which
    something was changed in the past, and what came after given up. Checkpoints take at most `memory` bytes, about, the
    journals of disks included, and no larger `share` of the time of the run: there are none at cuts where they would.
    That changes nothing but speed. `progress`, if set, is told the step after every stretch; what it raises ends a `go`
    there, and nothing is lost. With a `course` the machine is one of its guests.
    """

    def __init__(
        self, machine: Machine, memory: int = MEMORY, share: float = SHARE, course: Course | None = None
    ) -> None:
        self.machine = machine
        self.course = course or Course(Schedule.of(machine), memory, share)
        self._number = self.course.schedule.guests.index(machine)

    @property
    def checkpoints(self) -> Checkpoints:
        return self.course.checkpoints

    @property
    def first(self) -> int:
        return self.course.first.steps[self._number]

    @property
    def newest(self) -> int:
        return self.course.newest.steps[self._number]

    @property
    def branches(self) -> list[int]:
        return [at.steps[self._number] for at in self.course.branches]

    @property
    def past(self) -> bool:
        """Whether to change something now gives up what came after."""
        return self.course.past

    @property
    def clock(self) -> int:
        """The steps of all that run beside it, and its own: `back_to` leads there."""
        return self.course.schedule.steps

    @property
    def known(self) -> int:
        """The clock at the newest step: see `forget`."""
        return self.course.newest.clock

    @property
    def progress(self) -> Callable[[int], None] | None:
        return self.course.progress

    @progress.setter
    def progress(self, told: Callable[[int], None] | None) -> None:
        self.course.progress = told

    def go(self, step: int) -> Exit:
        """Bring the machine to a step, or as near as it comes: not before the first, nor beyond its end. Breakpoints do
        not stop it. The exit says how the last stretch ended: with BUDGET at the step. Raises HistoryError where the
        memory does not suffice."""
        return self.course.go(max(step, self.first), self.machine)

    def back_to(self, clock: int) -> None:
        """To where the machine was when the clock was that, and so with whoever runs beside it."""
        self.course.go(clock)

    def staying(self) -> AbstractContextManager[None]:
        """Inside, the machine may go anywhere: it comes back to where it is, and so does whoever runs beside it."""
        return self.course.staying()

    def change(self) -> AbstractContextManager[None]:
        """Inside, the machine may be changed at the present step: state, storage, devices, what is typed. What came
        after this step is given up, and in the files of disks and recordings undone. Raises HistoryError if a disk
        cannot be."""
        return self.course.change()

    def forget(self, but: int = 0) -> None:
        """Make the present step the newest one, as if the machine had never run on; `but` is a clock that was `known`
        before, and is then known still. Raises HistoryError as `change`."""
        self.course.forget(but)

    def held_back(self) -> AbstractContextManager[None]:
        """Inside, what is printed does not go out yet: whoever runs on to look for something may come too far, and
        forgets that."""
        return self.course.held_back()

    @contextmanager
    def looking(self, first: int) -> Iterator[Machine]:
        """Inside, the machine is at that step, and may be run on up to the newest one in whatever way shows most. What
        it comes to is then not taken for the history."""
        with self.course.looking(first, self.machine):
            yield self.machine

    def tell(self, step: int) -> None:
        """A long way has come to this step; whoever follows it may raise."""
        self.course.tell(step)

    def may_write(self, line: int, first: int, stop: int) -> bool:
        """Whether checkpoints leave it open that a line of storage is written by some steps."""
        points, lines = self.checkpoints.points, self.checkpoints.lines
        steps = [point.at.steps[self._number] for point in points]
        behind = next((number for number, step in enumerate(steps) if step >= stop), None)
        return behind is None or steps[max(0, behind - 1)] > first or line in lines.written(behind)
