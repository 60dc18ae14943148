"""The policy of a host over its machines: who is on has an account, from the verb that switches it on to the one that
switches it off. Accounts are kept in the ledger; here they are, as the ledger has them.

A host without a policy promises nothing, and this is not asked.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from isa.errors import MachineError
from isa.machine import Exit, Machine, Reason
from monitor.host.capacity import Capacity
from monitor.host.definition import Definition
from monitor.host.life import ACTIVE, State
from monitor.host.record import Kept, Record
from monitor.service.account import Account
from monitor.service.books import Books, Turn
from monitor.service.policies.catalogue import policy
from monitor.service.promised import Room
from monitor.service.served import Served

COUNTED = ("number", "since", "begun", "debt", "charged", "turns", "waited", "ready", "leaving", "words")
_GOES_ON = Exit(Reason.BUDGET, 0, 0)

Told = Callable[[Machine, int], object]


class Service:
    """Takes up what was `kept`, if that was by the same policy; else the machines that are on begin anew. Raises
    MachineError for figures that no host has."""

    def __init__(self, capacity: Capacity, kept: Kept | None, records: Iterable[Record]) -> None:
        self.capacity = capacity
        room = Room(policy(capacity.policy), capacity.processors, capacity.quantum, capacity.price, capacity.frame)
        self.books = Books(room)
        self.accounts: dict[str, Account] = {}
        self._changed: dict[Account, str] = {}
        self._anew = False
        if kept is not None and json.loads(kept.whole)["host"] == self._figures:
            self._take_up(json.loads(kept.whole), kept.accounts)
        else:
            self._anew = True
        self._agree({record.name: record for record in records})

    @property
    def _figures(self) -> list[object]:
        c = self.capacity
        return [c.policy, c.processors, c.quantum, c.price, c.period, c.frame]

    def _agree(self, records: Mapping[str, Record]) -> None:
        """Have accounts for those that are on, and no others: the host may have been without a policy for a while."""
        for name in [name for name in self.accounts if name not in records]:
            self.cut(name)
            gone = self.accounts.pop(name)
            self._changed[gone] = name
            self.books.leave(gone)
        for record in records.values():
            account = self.accounts.get(record.name)
            was = (account is not None, account is not None and account.ready)
            if was != (record.state in ACTIVE, record.state is State.RUNNING):
                self.cut(record.name)
                with suppress(MachineError):  # `run` says so; every other verb can do without
                    self.settle(record)

    def settle(self, record: Record) -> None:
        """Have an account for a machine if it is on. Raises MachineError if it is not admitted."""
        account, on = self.accounts.get(record.name), record.state in ACTIVE
        if on and account is None:
            terms = record.definition.terms(self.capacity.period)
            account = self.accounts[record.name] = self.books.admit(terms, record.name)
        if account is not None:
            self._changed[account] = record.name
            self._have(account, record.state is State.RUNNING)
            if not on:
                self.books.leave(self.accounts.pop(record.name))

    def cut(self, name: str) -> None:
        """Something else than a step happens to a machine: its turn is over, if it has one."""
        turn = self.books.turn
        if turn is not None and turn.account is self.accounts.get(name):
            self._changed[turn.account] = name
            self.books.cut()

    def run(
        self, records: Iterable[Record], guests: Mapping[str, Machine], steps: int, told: Told | None = None
    ) -> dict[str, Exit]:
        """Run these machines for so many steps of the host's clock; how each ended. `told` is told who begins to run,
        and when. Raises MachineError for one that is not admitted."""
        for record in records:
            if record.name not in self.accounts:
                self.settle(record)
        served = self._served({self.accounts[name]: guest for name, guest in guests.items()})
        if told is not None:
            served.told = partial(_began, told, served)
        served.spend(steps)
        return {name: share.end or _GOES_ON for name, share in zip(guests, served.shares, strict=True)}

    def rest(self, until: int) -> None:
        """Nobody runs, until the host's clock stands there."""
        served = self._served({})
        served.rest(until - served.steps)
        self.books.spent = until

    def _served(self, here: dict[Account, Machine]) -> Served:
        """These machines, and no others, ready to run."""
        turn = self.books.turn
        if turn is not None and turn.account not in here:
            self.books.cut()
        for account in self.accounts.values():
            self._have(account, account in here)
        self._changed |= {a: "" for processor in self.books.processors for a in processor.residents}  # who leaves too
        self._changed |= {account: name for name, account in self.accounts.items()}
        return Served.on(self.books, here)

    def _have(self, account: Account, ready: bool) -> None:
        if account.ready and not ready:
            self.books.sleep(account)
        elif ready and not account.ready:
            self.books.wake(account)

    # ---- kept

    def changes(self) -> Kept:
        """What is another since this was asked the last time."""
        turn = self.books.turn
        whole = {
            "host": self._figures,
            "admitted": self.books.room.admitted,
            "spent": self.books.spent,
            "processors": [[p.words, p.weight, p.idle] for p in self.books.processors],
            "turn": None if turn is None else [turn.account.number, turn.allowed, turn.ran, turn.exits],
        }
        rows = {a.number: (name, _text(a)) if a in a.home.residents else None for a, name in self._changed.items()}
        found = Kept(json.dumps(whole), rows, self._anew)
        self._changed.clear()
        self._anew = False
        return found

    def _take_up(self, whole: dict[str, Any], accounts: Mapping[int, tuple[str, str] | None]) -> None:
        books = self.books
        books.room.admitted, books.spent = whole["admitted"], whole["spent"]
        for processor, (words, weight, idle) in zip(books.processors, whole["processors"], strict=True):
            processor.words[:], processor.weight, processor.idle = words, weight, idle
        for name, text in filter(None, accounts.values()):
            values = json.loads(text)
            home = books.processors[values["home"]]
            account = Account(terms=Definition("", **values["terms"]).terms(self.capacity.period), home=home,
                              **{key: values[key] for key in COUNTED})  # fmt: skip
            home.settle(account)
            if not account.leaving:
                books.accounts.append(account)
                self.accounts[name] = account
        if whole["turn"] is not None:
            number, allowed, ran, exits = whole["turn"]
            account = next(account for account in books.accounts if account.number == number)
            books.turn = Turn(account, allowed, ran, exits)
            account.home.waiting.take(account)

    # ---- told

    def facts(self, name: str) -> dict[str, Any] | None:
        """What a machine that is on was promised, and what it had. For JSON."""
        account = self.accounts.get(name)
        if account is None:
            return None
        home, terms = account.home, account.terms
        return {
            "policy": self.capacity.policy,
            "processor": home.number,
            "shares": terms.weight,
            "of_shares": home.weight,
            "reservation": terms.reserve,
            "cap": terms.cap,
            "period": terms.period,
            "slot": terms.slot,
            "longest_wait": self.books.longest_wait(account),
            "waited": account.waited,
            "charged": account.charged,
            "debt": account.debt,
            "turns": account.turns,
            "clock": (home.now - account.begun) & ((1 << 64) - 1),
        }


def _began(told: Told, served: Served, guest: Machine, begins: bool) -> None:
    if begins:
        told(guest, served.steps)


def _text(account: Account) -> str:
    terms = account.terms
    asked = {"shares": terms.weight, "reservation": terms.reserve, "cap": terms.cap, "period": terms.period,
             "slot": terms.slot, "processor": min(terms.pins, default=None)}  # fmt: skip
    values = {key: getattr(account, key) for key in COUNTED}
    return json.dumps({**values, "home": account.home.number, "terms": asked})
