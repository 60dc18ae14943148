"""Requests to machines that serve: each arrives at a step of the host's clock, and is answered (`reached.py`: by what).

    serving = Serving(served, [Server(vm, requests) for vm in monitor.machines])
    serving.run(1_000_000)                      # until that step of the host's clock
    serving.servers[0].answered                 # the steps at which its answers were seen

A machine's own clock stands still while it does not run, and so its requests cannot come from a script, which counts
that one. A server that has nothing to do waits for an interrupt, and is charged nothing. An answer is seen when the
turn in which it was given ends: until then its exits are not paid. `level.py` says what can be promised of that.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from isa.errors import MachineError
from isa.machine import Exit, Reason
from monitor.service.account import Account
from monitor.service.reached import ByConsole, Reached
from monitor.service.served import Served
from monitor.virtual import Virtual

MOST_STEPS = 1 << 24  # of a server, until it waits again


@dataclass(frozen=True, slots=True)
class Request:
    """A line that arrives at a step."""

    at: int
    line: bytes


@dataclass(frozen=True, slots=True)
class Cost:
    """What a server does from a request until it waits for the next."""

    steps: int
    exits: int

    def charged(self, price: int) -> int:
        return self.steps + price * self.exits


class Server:
    """A machine that answers every request, reached by its console or as is said. It is run until it waits for the
    first; `requests` are in the order of their steps. Raises MachineError for one that does not serve."""

    def __init__(self, machine: Virtual, requests: Sequence[Request], reached: Reached | None = None) -> None:
        self.machine, self.reached = machine, reached or ByConsole(machine)
        self.requests = tuple(requests)
        self.answers: list[bytes] = []
        self.answered: list[int] = []
        self.arrived = 0
        self._wait(machine.run(MOST_STEPS), "before its first request")
        self.reached.begin()
        self._wait(machine.run(MOST_STEPS), "when it knows who asks")

    @property
    def latencies(self) -> list[int | None]:
        """Of every request the steps from its arrival to its answer; None for one that was not answered."""
        given = [*self.answered, *[None] * len(self.requests)][: len(self.requests)]
        return [None if end is None else end - asked.at for asked, end in zip(self.requests, given, strict=True)]

    def ask(self, line: bytes) -> Cost:
        """Have it answer one request, alone and at once. Raises MachineError if it does not, by one answer."""
        exits = self.machine.statistics.taken
        self.reached.feed(line)
        end = self.machine.run(MOST_STEPS)
        shown = line.decode("latin-1")
        self._wait(end, f"after `{shown:.40}`")
        said, what = self.reached.taken(), self.reached.answers
        if len(said) != 1 or self.reached.unfinished:
            rule = f"{self.machine.name} answers `{shown:.40}` by {len(said)} {what}"
            help = f"a server gives one of its {what} for every one that it is asked by, and waits by idling"
            raise MachineError(rule, help)
        self.answers += said
        return Cost(end.steps, self.machine.statistics.taken - exits)

    def _wait(self, end: Exit, when: str) -> None:
        if end.reason is not Reason.IDLE:
            rule = f"{self.machine.name} does not wait for requests {when}: {end.reason.value}"
            raise MachineError(rule, f"a server reads {self.reached.answers} for ever, and idles meanwhile")

    def feed(self, now: int) -> bool:
        """Give it what has arrived until now; whether there was anything."""
        until = bisect_right(self.requests, now, self.arrived, key=lambda request: request.at)
        new, self.arrived = self.requests[self.arrived : until], until
        for request in new:
            self.reached.feed(request.line)
        return bool(new)

    def look(self, now: int) -> None:
        """What it has answered since the last look is seen now."""
        said = self.reached.taken()
        self.answers += said
        self.answered += [now] * len(said)


@dataclass
class Serving:
    """Servers among the guests of a host with one processor."""

    served: Served
    servers: Sequence[Server]
    _by_account: dict[Account, Server] = field(init=False)

    def __post_init__(self) -> None:
        account = self.served.account
        self._by_account = {account(server.machine): server for server in self.servers}
        self.served.billed = self._billed

    def run(self, until: int) -> None:
        """Go on to a step of the clock. A request that comes while the exits of a turn are billed is told when they
        are, and has waited since its own step."""
        arrivals = sorted({request.at for server in self.servers for request in server.requests})
        for step in [*(at for at in arrivals if self.served.steps <= at < until), until]:
            self._pass(step)
            for server in self.servers:
                if server.feed(self.served.steps):
                    self.served.wake(server.machine)

    def _pass(self, step: int) -> None:
        while self.served.steps < step:
            self.served.run(step - self.served.steps)
            self.served.rest(step - self.served.steps)

    def _billed(self, account: Account, began: int, charged: int) -> None:
        if (server := self._by_account.get(account)) is not None:
            server.look(began + charged)
