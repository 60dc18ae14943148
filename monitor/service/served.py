"""Machines served by a policy: the schedule of `monitor.schedule`, where the policy says who is called, and bills.

    served = Served(monitor.machines, Shares(), [Terms(weight=3), Terms(weight=1)])
    served.run(1_000_000)                       # so many steps of the host's clock

The clock counts what is charged and what passes idle; with several processors it is that of the one that is furthest
behind, which is the next to choose. A turn's exits are billed when it ends, so the clock may then stand beyond the end
of a run, by no more than what the turn was allowed.
"""

from collections.abc import Callable, Mapping, Sequence

from isa.machine import Machine, Reason
from monitor.schedule import ENDLESS, QUANTUM, Mark, Schedule, Share
from monitor.service.account import Account
from monitor.service.books import Books, Turn
from monitor.service.policies.policy import Policy
from monitor.service.promised import FRAME, PRICE, Room
from monitor.service.terms import Terms
from monitor.virtual import Virtual


class Served(Schedule):
    """`terms` are those of each guest. `billed`, if set, is told each turn: the account, when it began and what it was
    charged. Raises MachineError for whom the policy does not admit."""

    def __init__(
        self,
        guests: Sequence[Machine],
        policy: Policy,
        terms: Sequence[Terms],
        processors: int = 1,
        quantum: int = QUANTUM,
        price: int = PRICE,
        frame: int = FRAME,
        start: int = 0,
    ) -> None:
        books = Books(Room(policy, processors, quantum, price, frame, start), start)
        accounts = [books.admit(its) for its in terms]
        self._on(books, dict(zip(accounts, guests, strict=True)))

    @classmethod
    def on(cls, books: Books, guests: Mapping[Account, Machine]) -> "Served":
        """Machines whose accounts are kept already, from where they stand; others of the books have none here, as they
        are not ready."""
        served = cls.__new__(cls)
        served._on(books, guests)
        return served

    def _on(self, books: Books, guests: Mapping[Account, Machine]) -> None:
        super().__init__([*guests.values()], books.room.figures.quantum)
        self.books, self.processors = books, books.processors
        self.billed: Callable[[Account, int, int], None] | None = None
        self.accounts = [*guests]
        self._shares = dict(zip(self.accounts, self.shares, strict=True))
        self._taken = {account: exits(guest) for account, guest in guests.items()}
        self._turn: tuple[Account, int, int] | None = None  # whose turn it is, what it is allowed, what it had then
        if (turn := books.turn) is not None:
            guest = guests[turn.account]
            self._turn = turn.account, turn.allowed, guest.steps - turn.ran
            self._taken[turn.account] -= turn.exits
            self._shares[turn.account].rest = books.budget(turn.account, turn.allowed) - turn.ran
            books.turn = None

    @property
    def steps(self) -> int:
        """The clock."""
        if self._turn is None:
            return self.books.clock
        account, _, first = self._turn
        return self.books.at(account.home) + self.guest(account).steps - first

    @property
    def present(self) -> Machine | None:
        return self.guest(self._turn[0]) if self._turn is not None else super().present

    def account(self, guest: Machine) -> Account:
        return self.accounts[self.guests.index(guest)]

    def guest(self, account: Account) -> Machine:
        return self._shares[account].guest

    def longest_wait(self, account: Account) -> int | None:
        """The longest that a machine may wait for its turn, in steps, by its policy; None if there is no bound."""
        return self.books.longest_wait(account)

    # ---- turns

    def called(self, most: int) -> Share | None:
        if self._turn is not None:
            return self._shares[self._turn[0]]
        account = self.books.next(most)
        if account is None:
            return None
        share = self._shares[account]
        allowed, share.rest = self.books.begin(account)
        self._turn = account, allowed, share.guest.steps
        return share

    def passed(self, share: Share) -> None:
        assert self._turn is not None
        account, allowed, first = self._turn
        if share.end is None and share.guest.steps - first < self.books.budget(account, allowed):
            return
        self.settle()
        if share.end is not None:
            self.waiting.remove(share)
            self.books.sleep(account)

    def settle(self) -> None:
        """End a turn early, if there is one, and bill it."""
        if self._turn is None:
            return
        account, allowed, first = self._turn
        self._turn = None
        guest, began = self.guest(account), account.home.now
        before, self._taken[account] = self._taken[account], exits(guest)
        charged = self.books.bill(account, allowed, guest.steps - first, self._taken[account] - before)
        if self.billed is not None:
            self.billed(account, began, charged)

    def spend(self, budget: int) -> None:
        """Run so many steps of the clock; whatever ends a turn early ends it all for that guest. A turn that is not
        over then is left to the books, and what a turn was charged beyond the end counts for the next time."""
        stop = self.books.spent + budget
        while self.waiting and (most := stop - self.steps) > 0:
            share = self.called(most)
            if share is not None:
                end = self.turn(share, stop - self.steps)
                share.end = share.end or (end if end.reason is not Reason.BUDGET else None)
                self.passed(share)
        self.books.spent = stop if self.waiting else self.steps
        if self._turn is not None:
            account, allowed, first = self._turn
            guest = self.guest(account)
            self.books.turn = Turn(account, allowed, guest.steps - first, exits(guest) - self._taken[account])

    def rest(self, steps: int) -> None:
        """Let so many steps of the clock pass in which nobody is ready: `run` ends where nobody is."""
        stop = self.steps + steps
        while not self.waiting and self.steps < stop:
            self.books.next(stop - self.steps)

    # ---- coming and going

    def join(self, guest: Machine, terms: Terms) -> Account:
        """A machine more, from now on. Raises MachineError if it is not admitted; then nothing has changed but that a
        turn may have ended early."""
        self.settle()
        account = self.books.admit(terms)
        share = Share(guest, ENDLESS, self.quantum)
        self._shares[account], self._taken[account] = share, exits(guest)
        self.guests = (*self.guests, guest)
        self.shares.append(share)
        self.waiting.append(share)
        self.accounts.append(account)
        return account

    def leave(self, guest: Machine) -> None:
        """A machine less. What was reserved for it is free when its period ends: until then others count on it."""
        self.settle()
        number = self.guests.index(guest)
        self.guests = self.guests[:number] + self.guests[number + 1 :]
        share, account = self.shares.pop(number), self.accounts.pop(number)
        if share.end is None:
            self.waiting.remove(share)
        del self._shares[account], self._taken[account]
        self.books.leave(account)

    def wake(self, guest: Machine | None = None) -> None:
        """Something was changed: who has stopped may go on, of all or only this one."""
        stopped = [account for account in self.accounts if not account.ready and self._shares[account].left]
        stopped = [account for account in stopped if guest in (None, self.guest(account))]
        super().wake(guest)
        for account in stopped:
            self.books.wake(account)

    # ---- going back

    def mark(self) -> Mark:
        here = tuple((tuple(p.words), tuple(p.residents), p.weight, p.idle) for p in self.processors)
        marks = tuple(account.mark() for account in self.accounts)
        return super().mark()._replace(accounts=(here, marks, self._turn, dict(self._taken)))

    def rewind(self, mark: Mark) -> None:
        """Be again what was marked, if nobody has joined or left since."""
        super().rewind(mark)
        assert isinstance(mark.accounts, tuple)
        here, marks, self._turn, taken = mark.accounts
        self._taken = dict(taken)
        for processor, (words, _, weight, idle) in zip(self.processors, here, strict=True):
            processor.clear()
            processor.words[:], processor.weight, processor.idle = words, weight, idle
        for account, marked in zip(self.accounts, marks, strict=True):
            account.rewind(marked)
        for processor, (_, residents, _, _) in zip(self.processors, here, strict=True):
            for account in residents:
                processor.settle(account)
        if self._turn is not None:
            self._turn[0].home.waiting.take(self._turn[0])


def exits(guest: Machine) -> int:
    """The exits that a machine has had itself; a bare one has none."""
    return guest.statistics.taken if isinstance(guest, Virtual) else 0
