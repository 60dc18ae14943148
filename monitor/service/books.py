"""The accounts of machines on a host's processors: who goes next, what a turn costs, who comes and who goes.

Nothing here runs a machine: `served.py` does that, and `monitor.host` keeps accounts from one process to the next.
"""

from dataclasses import dataclass

from monitor.schedule import ENDLESS
from monitor.service.account import FAR, HORIZON, MASK, Account, Processor
from monitor.service.compiled import Do
from monitor.service.promised import Room
from monitor.service.terms import Terms


@dataclass(slots=True)
class Turn:
    """A turn that has begun: whose it is, what it is allowed, and the steps and exits that it has had until now."""

    account: Account
    allowed: int
    ran: int = 0
    exits: int = 0


class Books:
    """`accounts` are those of machines that are here, in the order in which they came. `turn` is one that has been
    interrupted, when the clock was to stand at `spent`."""

    def __init__(self, room: Room, start: int = 0) -> None:
        self.room, self.start = room, start
        self.policy, self.host, self.processors = room.policy, room.words, room.processors
        self.accounts: list[Account] = []
        self.turn: Turn | None = None
        self.spent = 0

    # ---- whose turn it is

    def next(self, most: int) -> Account | None:
        """Who goes next on the processor that is furthest behind; None if nobody may, and then it has been idle for at
        most so many steps."""
        here = self.behind()
        self.renew(here)
        account = self.choose(here) or (self.choose(here) if self._take_over(here) else None)
        if account is None:
            self._pass_idle(here, most)
        return account

    def choose(self, here: Processor) -> Account | None:
        """Of those that may run here, the one with the least key; of several, who came first."""
        return here.waiting.first

    def _take_over(self, here: Processor) -> bool:
        """Have somebody live here who waits elsewhere, and may run."""
        for there in self.processors:
            account = self.choose(there) if there is not here and len(there.residents) > 1 else None
            if account is not None and self._may_move(account, here):
                there.remove(account)
                account.home = here
                self._do(self.policy.arrive, account)
                here.words[HORIZON] = 0
                self.renew(here)
                return True
        return False

    def _may_move(self, account: Account, here: Processor) -> bool:
        """Whether it is free to live here, and not still having its turn there."""
        pins, over = account.terms.pins, since(account.since, here.now) < FAR
        return self.room.free(account.terms) and over and (not pins or here.number in pins)

    def begin(self, account: Account) -> tuple[int, int]:
        """Its turn begins: what it is allowed, and how many steps it may take itself."""
        here = account.home
        account.waited = max(account.waited, since(account.since, here.now))
        allowed = self.policy.allowed(account.words, here.words, self.host)
        self._do(self.policy.chosen, account)
        here.waiting.take(account)
        return allowed, self.budget(account, allowed)

    def budget(self, account: Account, allowed: int) -> int:
        return self.policy.budget(account.words, account.home.words, self.host, account.debt, allowed)

    def renew(self, here: Processor) -> None:
        """Whatever is due happens, and the next of it is the horizon; until that comes, nobody need be asked."""
        if here.words[HORIZON]:
            return
        while (account := here.residents.first) is not None and not here.until(account):
            self._renewed(account)
        here.words[HORIZON] = min(ENDLESS, here.until(account)) if account is not None else ENDLESS

    def _renewed(self, account: Account) -> None:
        """Its moment has come: its period ends, or it may run from now on, or may no longer."""
        if account.leaving:
            self._gone(account)
            return
        here = account.home
        waits = account in here.waiting
        before = here.rank(account) if waits else None
        if self.policy.due(account.words, here.words, self.host) == 0:
            self.policy.renew(account.words, here.words, self.host)
            if not account.ready:
                self.policy.sleep(account.words, here.words, self.host)
        if waits and here.rank(account) == before is not None:
            here.plan(account)  # most that renews leaves everybody's place as it is
        else:
            here.unsettle(account)
            here.settle(account)

    # ---- what it costs

    def bill(self, account: Account, allowed: int, ran: int, exits: int) -> int:
        """A turn has ended; what it is charged."""
        here = account.home
        words = (account.words, here.words, self.host)
        here.unsettle(account)
        charged, account.debt = self.policy.bill(*words, account.debt, ran, exits, allowed)
        self.policy.pay(*words, charged)
        here.settle(account)
        self._elapse(here, charged)
        account.charged, account.turns, account.since = account.charged + charged, account.turns + 1, here.now
        return charged

    def _pass_idle(self, here: Processor, most: int) -> None:
        """Nobody may run here: time passes until somebody may, or until another processor has come as far."""
        others = [since(here.now, other.now) for other in self.processors if other is not here]
        most = min(most, here.words[HORIZON], self.room.figures.frame)
        steps = max(1, min([most, *(distance for distance in others if distance)]))
        self._elapse(here, steps)
        here.idle += steps

    def _elapse(self, here: Processor, steps: int) -> None:
        self.policy.elapse([], here.words, self.host, steps)  # no machine's words are asked for
        here.words[HORIZON] -= steps

    # ---- coming and going

    def admit(self, terms: Terms, name: str = "") -> Account:
        """A machine more, from now on. Raises MachineError for whom the policy does not admit; `name` says who it
        is."""
        home, words = self.room.admit(terms, name)
        account = Account(self.room.admitted, terms, home, words, home.now, home.now)
        self.accounts.append(account)
        home.settle(account)
        home.words[HORIZON] = 0
        return account

    def leave(self, account: Account) -> None:
        """A machine less. What was reserved for it is free when its period ends: until then others count on it."""
        self.accounts.remove(account)
        self.sleep(account)
        account.leaving = True
        if not account.terms.reserve:
            self._gone(account)

    def _gone(self, account: Account) -> None:
        self._do(self.policy.depart, account)
        account.home.remove(account)
        account.home.weight -= account.terms.weight

    def sleep(self, account: Account) -> None:
        """It waits for something else than its turn."""
        account.ready = False
        self._do(self.policy.sleep, account)

    def wake(self, account: Account) -> None:
        account.ready, account.since = True, account.home.now
        self._do(self.policy.wake, account)

    def cut(self) -> None:
        """End an interrupted turn early, if there is one."""
        if self.turn is not None:
            turn, self.turn = self.turn, None
            self.bill(turn.account, turn.allowed, turn.ran, turn.exits)

    def longest_wait(self, account: Account) -> int | None:
        """The longest that a machine may wait for its turn, in steps, by its policy; None if there is no bound."""
        others = [(other.terms, other.home) for other in self.accounts if other is not account]
        return self.room.wait(account.terms, account.home, others)

    # ---- time

    @property
    def clock(self) -> int:
        """That of the processor which is furthest behind, from the start."""
        return self.at(self.behind())

    def at(self, here: Processor) -> int:
        return since(self.start, here.now)

    def behind(self) -> Processor:
        return min(self.processors, key=self.at)

    def _do(self, what: Do, account: Account) -> None:
        here = account.home
        here.unsettle(account)
        what(account.words, here.words, self.host)
        here.settle(account)


def since(earlier: int, later: int) -> int:
    """Steps from one moment to another, whether words have wrapped or not."""
    return (later - earlier) & MASK
