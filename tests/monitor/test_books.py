"""The accounts alone, without machines: a heap finds whom a look at all would find, and asks far less often."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random

import pytest

from isa.errors import MachineError
from monitor.service.account import HORIZON, Account, Processor
from monitor.service.books import Books
from monitor.service.least import Least
from monitor.service.policies.catalogue import policy
from monitor.service.promised import Room
from monitor.service.terms import Terms
from tests.planting import Patch
from tests.sizes import sized

WRAPS = (1 << 64) - 3_000
LONG = 1 << 40  # steps: nothing is due before them

TERMS = [Terms(3, 40, 60, 400), Terms(1, 90, 400, 500), Terms(2, period=700, cap=100), Terms(5), Terms(slot=130)]
SLOTS = [Terms(slot=300), Terms(slot=90), Terms(slot=210), Terms(slot=77), Terms(slot=5)]


def books(name: str, terms: Sequence[Terms], processors: int = 1, start: int = 0) -> Books:
    found = Books(Room(policy(name), processors, 100, 20, 1000, start), start)
    for its in terms:
        found.admit(its)
    return found


def looked_for(book: Books, here: Processor) -> Account | None:
    """Whom one finds who asks all."""
    asked = book.policy
    able = [a for a in here.residents if a.ready and asked.may(a.words, here.words, book.host)]
    return min(able, key=lambda a: (asked.key(a.words, here.words, book.host), a.number), default=None)


def check_first(book: Books, seed: int, turns: int = 120) -> None:
    """Turns of all lengths, each followed by something that happens to somebody."""
    draw = Random(seed)
    for _ in range(turns):
        here = book.behind()
        over = not here.words[HORIZON]
        book.renew(here)
        for processor in book.processors:
            assert not processor.words[HORIZON] or book.choose(processor) is looked_for(book, processor)
        dues = [book.policy.due(a.words, here.words, book.host) for a in here.residents]
        assert not over or min(here.words[HORIZON], LONG) == min([LONG, *dues])
        if (account := book.next(1000)) is not None:
            allowed, budget = book.begin(account)
            book.bill(account, allowed, draw.choice([budget, draw.randint(0, budget)]), draw.randint(0, 3))
        happens(book, draw)


def happens(book: Books, draw: Random) -> None:
    who = draw.choice(book.accounts)
    match draw.randint(0, 10):
        case 0 if who.ready:
            book.sleep(who)
        case 1 | 2 | 3 if not who.ready:
            book.wake(who)
        case 4 if len(book.accounts) > 2:
            book.leave(who)
        case 5 if len(book.accounts) < 8:
            with suppress(MachineError):
                book.admit(Terms(draw.randint(1, 9), slot=draw.randint(1, 99)))


@pytest.mark.parametrize("name", ["round-robin", "shares", "deadline", "partition"])
@pytest.mark.parametrize(("processors", "start"), [(1, 0), (3, WRAPS)])
def test_a_heap_finds_whom_a_look_at_all_finds(name: str, processors: int, start: int) -> None:
    for seed in range(sized(6, 400)):
        check_first(books(name, SLOTS if name == "partition" else TERMS, processors, start), seed)


def test_a_heap_that_is_not_told_of_a_change_shows(monkeypatch: Patch) -> None:
    check_first(books("shares", TERMS), 1)
    monkeypatch.setattr(Least, "take", lambda heap, item: None)
    monkeypatch.setattr(Least, "put", lambda heap, item: item in heap or put(heap, item))
    with pytest.raises(AssertionError):
        check_first(books("shares", TERMS), 1)


put = Least.put


def asked(many: int) -> float:
    """How often two of so many different machines are compared in a turn."""
    terms = [Terms(1 + n % 50, reserve=n % 7, period=50_000 + 100 * (n % 300)) for n in range(many)]
    book, turns = books("shares", terms), 200
    heaps = book.processors[0].residents, book.processors[0].waiting
    counts = [Counted(heap.before) for heap in heaps]
    for heap, count in zip(heaps, counts, strict=True):
        heap.before = count
    for _ in range(turns):
        account = book.next(1000)
        assert account is not None
        allowed, budget = book.begin(account)
        book.bill(account, allowed, budget, 0)
    return sum(count.times for count in counts) / turns


class Counted:
    def __init__(self, before: Callable[[Account, Account], bool]) -> None:
        self.before, self.times = before, 0

    def __call__(self, one: Account, other: Account) -> bool:
        self.times += 1
        return self.before(one, other)


def test_a_turn_asks_as_often_as_the_logarithm_says(monkeypatch: Patch) -> None:
    few, many = asked(16), asked(1024)
    assert many < few * (10 / 4) * 1.5

    monkeypatch.setattr(Least, "take", looks_at_all)
    assert asked(1024) > many * 4


def looks_at_all(heap: Least[Account], item: Account) -> None:
    """As if to find somebody were to ask everybody."""
    for other in heap:
        heap.before(item, other)
    take(heap, item)


take = Least.take


def test_nobody_is_lost_from_a_heap() -> None:
    heap = Least[int](lambda a, b: a < b)
    for n in (5, 3, 9, 1, 7):
        heap.put(n)
    heap.take(3)
    heap.take(4)
    found = []
    while (first := heap.first) is not None:
        found.append(first)
        heap.take(first)
    assert (found, len(heap)) == ([1, 5, 7, 9], 0)
