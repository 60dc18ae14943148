"""Service levels: what is reserved for a server, so that its requests are answered in time whoever its neighbours are.

A reservation of R steps in every period of T is met in every period throughout which the server is ready. A server that
wakes waits for its next period, T steps at most. So if it is busy since request j came, request i is answered by

    at(j) + T + T * ceil((debt(j) + cost(j) + ... + cost(i)) / useful(R))

Which request it was that found it waiting nobody knows beforehand; the latest of all that may have been is what is
promised. The debt is what the exits of the turn before may have left unpaid. `useful` are the reserved steps less an
exit for every turn: one that ends while a server waits for its disk has it begin to wait anew. All machines of a host
have the same period, so that no turn is cut but where it ends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.service.requests import Cost, Request
from monitor.service.terms import Terms

PARTS = range(2, 10)  # of the time within which answers are wanted: periods that are tried
MOST_PERIOD = 1 << 20


@dataclass(frozen=True, slots=True)
class Level:
    """So many of a hundred requests are answered within so many steps."""

    within: int
    percent: int

    def kept(self, latencies: Sequence[int | None]) -> bool:
        good = sum(latency is not None and latency <= self.within for latency in latencies)
        return 100 * good >= self.percent * len(latencies)


@dataclass(frozen=True, slots=True)
class Load:
    """Requests in the order of their steps, and what each of them costs; `price` and `quantum` are the host's, and a
    turn is no shorter than an exit is dear."""

    requests: tuple[Request, ...]
    costs: tuple[Cost, ...]
    price: int
    quantum: int

    def work(self, turns: int) -> int:
        """What all of it is charged at most, in so many turns."""
        return sum(cost.charged(self.price) for cost in self.costs) + self.price * turns

    def useful(self, reserve: int) -> int:
        """What is left of a reservation for requests: its turns, and one that the period's end cuts short."""
        return reserve - self.price * (-(-reserve // self.quantum) + 1)

    def latencies(self, terms: Terms) -> list[int]:
        """The longest that each request may take beside any neighbours."""
        return [end - request.at for request, end in zip(self.requests, self.ends(terms), strict=True)]

    def ends(self, terms: Terms) -> list[int]:
        """The latest step at which each request is answered."""
        latest, useful = [0] * len(self.requests), self.useful(terms.reserve)
        for first, request in enumerate(self.requests):
            work = self._debt(first, latest)
            for number in range(first, len(latest)):
                work += self.costs[number].charged(self.price)
                end = request.at + terms.period * (1 - (-work // useful))
                latest[number] = max(latest[number], end)
                if not self._busy(number, end):
                    break
        return latest

    def _busy(self, number: int, end: int) -> bool:
        """Whether a request that is answered by then may still be worked at when the next one comes."""
        return number + 1 < len(self.requests) and end >= self.requests[number + 1].at

    def _debt(self, first: int, latest: Sequence[int]) -> int:
        """What may be unpaid when a request finds the server waiting: the exits of all that may have been part of its
        last turn, and that of the turn which the end of the present period cuts short."""
        debt, steps = self.price, 0
        for number in reversed(range(first)):
            debt += self.price * self.costs[number].exits
            steps += self.costs[number].steps
            if steps >= self.quantum or not number or not self._busy(number - 1, latest[number - 1]):
                break
        return debt


def periods(levels: Iterable[Level]) -> list[int]:
    """Periods that a host may have: parts of the shortest time within which an answer is wanted."""
    shortest = min(level.within for level in levels)
    return sorted({min(MOST_PERIOD, shortest // part) for part in PARTS} - {0})


def least(level: Level, load: Load, period: int) -> Terms | None:
    """The least that keeps a level, by what is promised, reserved in such periods; None if no reservation does."""

    def enough(reserve: int) -> bool:
        return load.useful(reserve) > 0 and level.kept(load.latencies(Terms(reserve=reserve, period=period)))

    low, high = 1, period + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if middle > period or enough(middle) else (middle + 1, high)
    return Terms(reserve=low, period=period) if low <= period else None
