"""Guests in turn: whose turn it is, what is left of it, and a clock that all of them have in common.

    schedule = Schedule(monitor.machines)       # guests of one monitor; a machine alone is a schedule of one
    schedule.run(1_000_000)                     # so many steps of the clock, which is the sum of their steps
    schedule.run(1_000_000, guest, 5_000)       # or until the guest is about to take a step of its own

It can be stopped and go on at any step of the clock: in slices, guests do what they do in one go. `Monitor.run` is a
use of it, and `monitor.history` another, which goes back. In `monitor.service` a policy says who is called.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from isa.machine import Exit, Machine, Reason, Storage

QUANTUM = 10_000  # steps of a guest's turn, before the next one's
ENDLESS = 1 << 62  # steps; nothing runs so many
ENDED = (Reason.HALT, Reason.IDLE, Reason.VIOLATION)  # nothing goes on from there by itself
BUDGET = Reason.BUDGET  # an Enum is slow to ask
_NOTHING = Exit(BUDGET, 0, 0)


@dataclass(slots=True, eq=False)
class Share:
    """What a guest may still have: `left` steps in all, `rest` of its turn. `end` is how it stopped, after so many
    `turns`."""

    guest: Machine
    left: int
    rest: int
    turns: int = 0
    end: Exit | None = None


class Had(NamedTuple):
    """A share at a moment."""

    left: int
    rest: int
    turns: int
    end: Exit | None


class Mark(NamedTuple):
    """A schedule at a moment: the numbers of those that wait, in order, the shares of all, and their accounts where a
    policy keeps some."""

    waiting: tuple[int, ...]
    shares: tuple[Had, ...]
    accounts: object = None


class Schedule:
    """`waiting` has those that have not stopped; the first of them is having its turn. No guest takes more than `share`
    steps. `told`, if set, is told who begins to run, and, with False, who has run: for a turn, or what a slice has of
    one."""

    def __init__(self, guests: Sequence[Machine], quantum: int = QUANTUM, share: int = ENDLESS) -> None:
        self.guests, self.quantum = tuple(guests), max(1, quantum)
        self.shares = [Share(guest, share, self.quantum) for guest in self.guests]
        self.waiting = deque(self.shares)
        self.told: Callable[[Machine, bool], None] | None = None

    @classmethod
    def of(cls, machine: Machine) -> "Schedule":
        """A machine alone, whose turn never ends."""
        return cls([machine], ENDLESS)

    @property
    def steps(self) -> int:
        """The clock."""
        return sum([guest.steps for guest in self.guests])

    @property
    def retired(self) -> int:
        return sum([guest.retired for guest in self.guests])

    @property
    def storage(self) -> Storage:
        """That of a guest: all of them have the same root."""
        return self.guests[0].storage

    @property
    def present(self) -> Machine | None:
        """Whose turn it is; None if all have stopped."""
        return self.waiting[0].guest if self.waiting else None

    def end_of(self, guest: Machine) -> Exit | None:
        """How a guest has stopped, if it has."""
        return self.shares[self.guests.index(guest)].end

    def at(self, step: int, guest: Machine | None = None) -> bool:
        """Whether it stands where a guest is about to take that step, or at that step of the clock; or cannot come
        there, as who would have to has stopped."""
        if guest is None:
            return self.steps >= step or not self.waiting
        return self.end_of(guest) is not None or (guest.steps >= step and self.present is guest)

    # ---- running

    def run(self, budget: int, guest: Machine | None = None, step: int = 0) -> Exit:
        """Run at most `budget` steps of the clock, and no further than to where `guest` is about to take its step
        `step`, or has stopped. With BUDGET there is more to run; a guest at a breakpoint, or whose device the host has
        failed, ends the run and keeps its turn. Otherwise the exit is that of the guest, or of the last of all."""
        first, retired, end = self.steps, self.retired, _NOTHING
        stop = first + budget
        while self.waiting and (guest is None or self.end_of(guest) is None):
            if self.steps >= stop or (guest is not None and self.at(step, guest)):
                return self._exit(_NOTHING, first, retired)
            share, most = self.called(stop - self.steps), stop - self.steps
            if share is None:
                continue
            end = self.turn(share, min(most, step - guest.steps) if share.guest is guest else most)
            if share.end is None and end.reason is not BUDGET:
                return self._exit(end, first, retired)
            self.passed(share)
        last = self.end_of(guest) if guest is not None else self._last()
        return self._exit(last or end, first, retired)

    def called(self, most: int) -> Share | None:
        """Whose turn it is; None if it is nobody's, and time has passed, `most` steps of it at most."""
        return self.waiting[0]

    def passed(self, share: Share) -> None:
        """It has run: if its turn is over it goes behind the others, and if it has stopped it leaves."""
        if share.end is not None:
            self.waiting.popleft()
        elif share.rest == self.quantum:
            self.waiting.rotate(-1)

    def serve(self, begin: Callable[[Machine], None]) -> None:
        """Give turns to whoever waits longest, until nobody waits, and tell who begins one. Several threads may do so
        at once: those that have not stopped then have their turns in others. Whatever ends a turn early ends it all for
        that guest."""
        while True:
            try:
                share = self.waiting.popleft()
            except IndexError:
                return
            begin(share.guest)
            end = self.turn(share, share.left)
            if share.end is not None:
                continue
            if end.reason is BUDGET:
                self.waiting.append(share)
            else:
                share.end = end

    def turn(self, share: Share, most: int) -> Exit:
        """Run a guest for the rest of its turn, `most` steps at most; with an `end` it has stopped."""
        if self.told is not None:
            self.told(share.guest, True)
        end = share.guest.run(min(most, share.rest, share.left))
        if self.told is not None:
            self.told(share.guest, False)
        share.rest -= end.steps
        share.left -= end.steps
        if end.reason in ENDED or (end.reason is BUDGET and not share.left):
            share.end = end
        if share.end is not None or not share.rest:
            share.turns, share.rest = share.turns + 1, self.quantum
        return end

    def wake(self, guest: Machine | None = None) -> None:
        """Something was changed: who has stopped may go on, behind those that wait; of all, or only this one."""
        for share in self.shares:
            if share.end is not None and share.left and guest in (None, share.guest):
                share.end = None
                self.waiting.append(share)

    def _last(self) -> Exit | None:
        """The end of whoever did not halt, if there is one: it is what one wants to know."""
        ends = [share.end for share in self.shares if share.end is not None]
        return next((end for end in ends if end.reason is not Reason.HALT), ends[-1] if ends else None)

    def _exit(self, end: Exit, first: int, retired: int) -> Exit:
        """The same, for the steps of this run."""
        return Exit(end.reason, self.steps - first, self.retired - retired, end.trap, end.detail)

    # ---- going back

    def mark(self) -> Mark:
        """What it is now, apart from the guests."""
        numbers = {id(share): number for number, share in enumerate(self.shares)}
        return Mark(
            tuple(numbers[id(share)] for share in self.waiting),
            tuple(Had(share.left, share.rest, share.turns, share.end) for share in self.shares),
        )

    def rewind(self, mark: Mark) -> None:
        """Be again what was marked."""
        self.waiting = deque(self.shares[number] for number in mark.waiting)
        for share, had in zip(self.shares, mark.shares, strict=True):
            share.left, share.rest, share.turns, share.end = had
