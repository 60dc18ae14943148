"""Machines served by a policy: the schedule of `monitor.schedule`, where the policy says who is called, and bills.

    served = Served(monitor.machines, Shares(), [Terms(weight=3), Terms(weight=1)])
    served.run(1_000_000)                       # so many steps of the host's clock

The clock counts what is charged and what passes idle; with several processors it is that of the one that is furthest
behind, which is the next to choose. A turn's exits are billed when it ends, so the clock may then stand beyond the end
of a run, by no more than what the turn was allowed.
"""

from collections.abc import Callable, Sequence

from isa.machine import Exit, Machine, Reason
from monitor.schedule import ENDLESS, QUANTUM, Mark, Schedule, Share
from monitor.service.account import FAR, HORIZON, MASK, Account, Processor
from monitor.service.compiled import Do
from monitor.service.policies.policy import Policy
from monitor.service.promised import FRAME, PRICE, Room
from monitor.service.terms import Terms


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
        super().__init__(guests, quantum)
        self.room, self.start = Room(policy, processors, quantum, price, frame, start), start
        self.policy, self.host, self.processors = self.room.policy, self.room.words, self.room.processors
        self.billed: Callable[[Account, int, int], None] | None = None
        self._turn: tuple[Account, int, int] | None = None  # whose turn it is, what it is allowed, what it had then
        self.accounts = [self._admit(share, its) for share, its in zip(self.shares, terms, strict=True)]

    @property
    def steps(self) -> int:
        """The clock."""
        turn = self._turn
        into = turn[0].share.guest.steps - turn[2] if turn is not None else 0
        at = turn[0].home if turn is not None else self._behind()
        return self._since_start(at.now) + into

    @property
    def present(self) -> Machine | None:
        return self._turn[0].share.guest if self._turn is not None else super().present

    def account(self, guest: Machine) -> Account:
        return self.accounts[self.guests.index(guest)]

    def longest_wait(self, account: Account) -> int | None:
        """The longest that a machine may wait for its turn, in steps, by its policy; None if there is no bound."""
        others = [(other.terms, other.home) for other in self.accounts if other is not account]
        return self.room.wait(account.terms, account.home, others)

    # ---- whose turn it is

    def called(self, most: int) -> Share | None:
        if self._turn is None:
            here = self._behind()
            self._renew(here)
            account = self._choose(here) or (self._choose(here) if self._take_over(here) else None)
            if account is None:
                self._pass_idle(here, most)
                return None
            self._begin(account)
            return account.share
        return self._turn[0].share

    def _choose(self, here: Processor) -> Account | None:
        """Of those that may run here, the one with the least key; of several, who comes first."""
        policy, words, host = self.policy, here.words, self.host
        found = [a for a in here.residents if a.share.end is None and policy.may(a.words, words, host)]
        return min(found, key=lambda account: policy.key(account.words, words, host), default=None)

    def _take_over(self, here: Processor) -> bool:
        """Have somebody live here who waits elsewhere, and may run."""
        for there in self.processors:
            account = self._choose(there) if there is not here and len(there.residents) > 1 else None
            if account is not None and self._may_move(account, here):
                there.residents.remove(account)
                here.residents.append(account)
                account.home = here
                self._do(self.policy.arrive, account)
                here.words[HORIZON] = 0
                self._renew(here)
                return True
        return False

    def _may_move(self, account: Account, here: Processor) -> bool:
        """Whether it is free to live here, and not still having its turn there."""
        pins, over = account.terms.pins, _since(account.since, here.now) < FAR
        return self.room.free(account.terms) and over and (not pins or here.number in pins)

    def _begin(self, account: Account) -> None:
        here, share = account.home, account.share
        account.waited = max(account.waited, _since(account.since, here.now))
        allowed = self.policy.allowed(account.words, here.words, self.host)
        self._do(self.policy.chosen, account)
        share.rest = self.policy.budget(account.words, here.words, self.host, account.debt, allowed)
        self._turn = account, allowed, share.guest.steps

    def _renew(self, here: Processor) -> None:
        """Whatever is due happens, and the next of it is the horizon; until that comes, nobody need be asked."""
        if here.words[HORIZON]:
            return
        horizon = ENDLESS
        for account in list(here.residents):
            due = self.policy.due(account.words, here.words, self.host)
            if due == 0 and account.leaving:
                self._gone(account)
                continue
            if due == 0:
                self._do(self.policy.renew, account)
                if account.share.end is not None:
                    self._do(self.policy.sleep, account)
                due = self.policy.due(account.words, here.words, self.host)
            horizon = min(horizon, due)
        here.words[HORIZON] = horizon

    # ---- what it costs

    def passed(self, share: Share) -> None:
        assert self._turn is not None
        account, allowed, first = self._turn
        if share.end is None and share.guest.steps - first < self._budget(account, allowed):
            return
        self._turn = None
        self._bill(account, allowed, share.guest.steps - first)
        if share.end is not None:
            self.waiting.remove(share)
            self._do(self.policy.sleep, account)

    def _budget(self, account: Account, allowed: int) -> int:
        return self.policy.budget(account.words, account.home.words, self.host, account.debt, allowed)

    def _bill(self, account: Account, allowed: int, ran: int) -> None:
        here, taken = account.home, account.exits
        exits, account.taken = taken - account.taken, taken
        began, words = here.now, (account.words, here.words, self.host)
        charged, account.debt = self.policy.bill(*words, account.debt, ran, exits, allowed)
        self.policy.pay(*words, charged)
        self._elapse(here, charged)
        account.charged, account.turns, account.since = account.charged + charged, account.turns + 1, here.now
        if self.billed is not None:
            self.billed(account, began, charged)

    def _pass_idle(self, here: Processor, most: int) -> None:
        """Nobody may run here: time passes until somebody may, or until another processor has come as far."""
        others = [_since(here.now, other.now) for other in self.processors if other is not here]
        most = min(most, here.words[HORIZON], self.room.figures.frame)
        steps = max(1, min([most, *(distance for distance in others if distance)]))
        self._elapse(here, steps)
        here.idle += steps

    def rest(self, steps: int) -> None:
        """Let so many steps of the clock pass in which nobody is ready: `run` ends where nobody is."""
        stop = self.steps + steps
        while not self.waiting and self.steps < stop:
            here = self._behind()
            self._renew(here)
            self._pass_idle(here, stop - self.steps)

    def _elapse(self, here: Processor, steps: int) -> None:
        self.policy.elapse([], here.words, self.host, steps)  # no machine's words are asked for
        here.words[HORIZON] -= steps

    # ---- coming and going

    def join(self, guest: Machine, terms: Terms) -> Account:
        """A machine more, from now on. Raises MachineError if it is not admitted; then nothing has changed but that a
        turn may have ended early."""
        self.settle()
        account = self._admit(Share(guest, ENDLESS, self.quantum), terms)
        account.home.words[HORIZON] = 0
        self.guests = (*self.guests, guest)
        self.shares.append(account.share)
        self.waiting.append(account.share)
        self.accounts.append(account)
        return account

    def leave(self, guest: Machine) -> None:
        """A machine less. What was reserved for it is free when its period ends: until then others count on it."""
        self.settle()
        number = self.guests.index(guest)
        self.guests = self.guests[:number] + self.guests[number + 1 :]
        self.shares.pop(number)
        account = self.accounts.pop(number)
        if account.ready:
            self.waiting.remove(account.share)
            account.share.end = Exit(Reason.BUDGET, 0, 0)
        self._do(self.policy.sleep, account)
        account.leaving = True
        if not account.terms.reserve:
            self._gone(account)

    def _gone(self, account: Account) -> None:
        self._do(self.policy.depart, account)
        account.home.residents.remove(account)
        account.home.weight -= account.terms.weight

    def settle(self) -> None:
        """End a turn early, if there is one, and bill it."""
        if self._turn is not None:
            account, allowed, first = self._turn
            self._turn = None
            self._bill(account, allowed, account.share.guest.steps - first)

    def wake(self, guest: Machine | None = None) -> None:
        """Something was changed: who has stopped may go on, of all or only this one."""
        stopped = [account for account in self.accounts if not account.ready and account.share.left]
        stopped = [account for account in stopped if guest in (None, account.share.guest)]
        super().wake(guest)
        for account in stopped:
            account.since = account.home.now
            self._do(self.policy.wake, account)

    def _admit(self, share: Share, terms: Terms) -> Account:
        home, words = self.room.admit(terms)
        home.residents.append(account := Account(share, terms, home, words, since=home.now))
        return account

    # ---- going back

    def mark(self) -> Mark:
        here = tuple((tuple(p.words), tuple(p.residents), p.weight, p.idle) for p in self.processors)
        return super().mark()._replace(accounts=(here, tuple(a.mark() for a in self.accounts), self._turn))

    def rewind(self, mark: Mark) -> None:
        """Be again what was marked, if nobody has joined or left since."""
        super().rewind(mark)
        assert isinstance(mark.accounts, tuple)
        here, marks, self._turn = mark.accounts
        for processor, (words, residents, weight, idle) in zip(self.processors, here, strict=True):
            processor.words[:], processor.residents[:] = words, residents
            processor.weight, processor.idle = weight, idle
        for account, marked in zip(self.accounts, marks, strict=True):
            account.rewind(marked)

    def _do(self, what: Do, account: Account) -> None:
        what(account.words, account.home.words, self.host)

    def _behind(self) -> Processor:
        return min(self.processors, key=lambda processor: self._since_start(processor.now))

    def _since_start(self, moment: int) -> int:
        return _since(self.start, moment)


def _since(earlier: int, later: int) -> int:
    """Steps from one moment to another, whether words have wrapped or not."""
    return (later - earlier) & MASK
