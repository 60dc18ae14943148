"""Whole runs of real virtual machines keep what is proved of each step; with a mistake in the policy they do not."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.engines.choice import REFERENCE, bare
from isa.errors import MachineError
from isa.machine import Reason, Storage
from monitor.history import History
from monitor.history.course import Course
from monitor.monitor import Monitor
from monitor.service import Served, Terms
from monitor.service.account import HORIZON, Account, Processor
from monitor.service.books import Books
from monitor.service.policies.catalogue import policy
from monitor.service.policies.policy import Policy
from monitor.service.served import exits
from monitor.service.words import PARTS
from proofs.service.mutants import MUTANTS
from tests.machines_to_test import G3
from tests.monitor.test_scheduling import DEAF, GREEDY, GUESTS, HALTS, SIZE, WAITS, load
from tests.sizes import sized

pytestmark = pytest.mark.long

BUSY = [DEAF, GREEDY]
WRAPS = (1 << 64) - 3_000  # a clock that soon begins again
PERIODS = (400, 500, 1000)


@dataclass
class Watched:
    """A host that runs these guests, and every turn of it: by account, the steps that it was charged in each period."""

    served: Served
    turns: list[tuple[Account, int, int]] = field(default_factory=list)

    def had(self, account: Account) -> Counter[int]:
        found: Counter[int] = Counter()
        for who, began, charged in self.turns:
            if who is account:
                found[began // account.terms.period] += charged
                assert began // account.terms.period == (began + max(charged, 1) - 1) // account.terms.period
        return found


def watched(
    policy: Policy, terms: Sequence[Terms], sources: Sequence[str], quantum: int = 100, start: int = 0, **host: int
) -> Watched:
    monitor = Monitor(bare(G3, Storage(32, (2 * len(sources) + 1) * SIZE), engine=REFERENCE))
    for source in sources:
        load(source)(monitor.create(SIZE))
    found = Watched(Served(monitor.machines, policy, terms, quantum=quantum, start=start, **host))

    def billed(account: Account, began: int, charged: int) -> None:
        found.turns.append((account, (began - start) % (1 << 64), charged))

    found.served.billed = billed
    return found


def check_shares(policy: Policy, weights: Sequence[int], sources: Sequence[str], start: int = 0) -> None:
    """Service, in each one's own measure, never differs by more than a quantum of each; nobody waits too long."""
    run = watched(policy, [Terms(weight) for weight in weights], sources, start=start)
    accounts = run.served.accounts
    for _ in range(8):
        assert run.served.run(700).reason is Reason.BUDGET
        for one in accounts:
            for other in accounts:
                apart = one.charged * one.terms.unit - other.charged * other.terms.unit
                assert apart <= 100 * (one.terms.unit + other.terms.unit)
    check_waits(run)
    assert run.served.processors[0].idle == 0


def check_waits(run: Watched) -> None:
    for account in run.served.accounts:
        bound = run.served.longest_wait(account)
        assert bound is None or account.waited <= bound


def check_periods(
    policy: Policy, terms: Sequence[Terms], sources: Sequence[str], start: int = 0, processors: int = 1
) -> None:
    """What is reserved is had in every period, and no more than the cap."""
    run = watched(policy, terms, sources, start=start, processors=processors)
    run.served.run(6000)
    for account in run.served.accounts:
        had = run.had(account)
        ended = run.served.steps // account.terms.period
        assert all(had[period] >= account.terms.reserve for period in range(ended))
        assert max(had.values(), default=0) <= account.terms.most
    check_waits(run)


@settings(max_examples=sized(4, 300))
@given(
    weights=st.lists(st.integers(1, 1 << 10), min_size=1, max_size=5),
    sources=st.lists(st.sampled_from(BUSY), min_size=5, max_size=5),
    start=st.sampled_from([0, WRAPS]),
)
def test_shares_are_kept(weights: list[int], sources: list[str], start: int) -> None:
    check_shares(policy("shares"), weights, sources[: len(weights)], start)


@st.composite
def promises(draw: st.DrawFn) -> list[Terms]:
    """As much as four machines can be promised together."""
    found: list[Terms] = []
    for _ in range(draw(st.integers(1, 4))):
        period = draw(st.sampled_from(PERIODS))
        room = PARTS - sum(terms.share for terms in found)
        reserve = draw(st.integers(0, room * period // PARTS))
        cap = draw(st.integers(max(1, reserve), period))
        found.append(Terms(draw(st.integers(1, 9)), reserve, cap, period))
    return found


@settings(max_examples=sized(6, 500))
@given(
    terms=promises(), name=st.sampled_from(["shares", "deadline"]), start=st.sampled_from([0, WRAPS]), data=st.data()
)
def test_reservations_and_caps_are_kept(terms: list[Terms], name: str, start: int, data: st.DataObject) -> None:
    sources = data.draw(st.lists(st.sampled_from(BUSY), min_size=len(terms), max_size=len(terms)))
    check_periods(policy(name), terms, sources, start)


@pytest.mark.parametrize("processors", [1, 3])
def test_no_processor_is_idle_while_somebody_waits(processors: int) -> None:
    """Whoever may run is taken over by a processor that has nothing to do."""
    for name in ("round-robin", "shares"):
        run = watched(policy(name), [Terms()] * 4, [DEAF, HALTS, DEAF, GREEDY], processors=processors)
        run.served.run(3000)
        assert sum(p.idle for p in run.served.processors) <= 100 * processors
        assert {run.served.guest(account).steps for account in run.served.accounts} >= {2}
        check_waits(run)


def test_pinned_machines_stay_where_they_are() -> None:
    terms = [Terms(pins=frozenset({1})), Terms(pins=frozenset({1}))]
    run = watched(policy("shares"), terms, [DEAF, DEAF], processors=2)
    run.served.run(2000)
    assert [p.idle for p in run.served.processors] == [run.served.processors[0].now, 0]
    assert {account.home.number for account in run.served.accounts} == {1}


def test_a_static_partition_has_everyone_in_its_slot() -> None:
    run = watched(policy("partition"), [Terms(slot=300), Terms(slot=500)], [DEAF, GREEDY], frame=1000)
    run.served.run(10_000)
    first, second = run.served.accounts
    inside = {first: range(300), second: range(300, 800)}
    assert all(began % 1000 in inside[who] for who, began, _ in run.turns)
    assert (first.charged, second.charged, run.served.processors[0].idle) == (3000, 5000, 2000)
    check_waits(run)


def test_who_does_nothing_but_trap_pays_for_it() -> None:
    run = watched(policy("round-robin"), [Terms()] * 2, [DEAF, GREEDY])
    run.served.run(20_000)
    deaf, greedy = run.served.accounts
    assert (deaf.charged, greedy.charged) == (10_000, 10_000)
    assert run.served.guest(greedy).steps * 4 < run.served.guest(deaf).steps
    assert greedy.charged + greedy.debt == run.served.guest(greedy).steps + 20 * exits(run.served.guest(greedy))


def test_who_was_woken_waits_no_longer_than_is_said() -> None:
    run = watched(policy("shares"), [Terms(3), Terms(1), Terms(2)], [DEAF, GREEDY, WAITS])
    sleeper = run.served.accounts[2]
    for _ in range(20):
        run.served.run(531)
        assert not sleeper.ready
        run.served.wake()
        turns = sleeper.turns
        run.served.run(run.served.longest_wait(sleeper) or 0)
        assert sleeper.turns > turns
    check_waits(run)


@pytest.mark.parametrize("processors", [1, 2])
def test_one_may_be_woken_and_time_passes_while_nobody_is_ready(processors: int) -> None:
    run = watched(
        policy("shares"), [Terms(period=700), Terms(reserve=70, period=700)], [WAITS] * 2, processors=processors
    )
    one, other = run.served.accounts
    run.served.run(5000)
    began = run.served.steps
    assert not one.ready and not other.ready and began < 200
    run.served.rest(5000 - began)
    assert run.served.steps == 5000
    run.served.wake(run.served.guest(other))
    assert other.ready and not one.ready
    run.served.rest(1000)
    assert run.served.steps == 5000


@pytest.mark.parametrize("name", ["round-robin", "shares"])
def test_slices_are_one_run(name: str) -> None:
    """Wherever a run is interrupted, the next one goes on with the same turn."""
    ends = []
    for most in (4000, 7):
        run = watched(policy(name), [Terms(2), Terms(1), Terms(5, cap=90_000)], [GUESTS["clock"], GREEDY, DEAF])
        while run.served.steps < 4000:
            run.served.run(min(most, 4000 - run.served.steps))
        steps = [run.served.guest(account).steps for account in run.served.accounts]
        ends.append((steps, [(run.served.accounts.index(who), *turn) for who, *turn in run.turns]))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("name", ["shares", "deadline"])
def test_a_host_goes_back_with_its_accounts(name: str) -> None:
    """And then does what it did."""
    terms = [Terms(3, 100, 150, 400), Terms(1, 250, 400, 500)]
    run = watched(policy(name), terms, [DEAF, GREEDY])
    course = Course(run.served, share=1e12)
    history = History(run.served.guest(run.served.accounts[0]), course=course)
    seen = []
    for goal in (900, 70, 411, 900):
        history.go(goal)
        assert run.served.guest(run.served.accounts[0]).steps == goal
        seen.append((run.served.mark()[:2], [(a.charged, a.words[:]) for a in run.served.accounts]))
    assert seen[0] == seen[-1] != seen[1]


def test_who_joins_and_leaves_costs_nobody_anything() -> None:
    """What was reserved for somebody who has left is free when its period has ended, and not before."""
    run = watched(
        policy("shares"), [Terms(reserve=600, period=1000), Terms(reserve=280, period=700), Terms()], [DEAF] * 3
    )
    served, (stays, leaves, other) = run.served, run.served.accounts
    served.run(130)
    gone = served.guest(leaves)
    served.leave(gone)
    served.leave(served.guest(other))
    with pytest.raises(MachineError, match="is not admitted"):
        served.join(gone, Terms(reserve=400, period=1000))
    served.run(700 - served.steps)
    assert set(leaves.home.residents) == {stays, leaves}
    served.run(1)
    assert set(leaves.home.residents) == {stays}
    new = served.join(gone, Terms(reserve=400, period=1000))
    joined = served.steps
    served.run(5000)
    assert all(run.had(stays)[period] >= 600 for period in range(5))
    had = [charged for who, began, charged in run.turns if who is new and began < joined + 4000]
    assert sum(had) >= 1600
    assert (served.guests, len(served.waiting)) == ((served.guest(stays), gone), 2)


def test_whom_nothing_can_be_promised_is_not_admitted() -> None:
    with pytest.raises(MachineError, match="machine 1 is not admitted"):
        watched(policy("deadline"), [Terms(reserve=60, period=100), Terms(reserve=41, period=100)], [DEAF, DEAF])
    with pytest.raises(MachineError, match="a reservation of 11 cannot be promised"):
        Terms(reserve=11, cap=10)


IN_SHARES = ("weight ignored", "free turn")
IN_PERIODS = ("no cap", "reservation last", "uncounted", "unpaid reservation")


def of(name: str) -> Policy:
    return next(mutant.policy for mutant in MUTANTS if mutant.name == name)


@pytest.mark.parametrize("name", IN_SHARES)
def test_a_mistake_in_shares_shows(name: str) -> None:
    with pytest.raises(AssertionError):
        check_shares(of(name), [5, 1], [DEAF, DEAF])


@pytest.mark.parametrize("name", IN_PERIODS)
def test_a_mistake_in_periods_shows(name: str) -> None:
    tight = [Terms(9, 100, 130, 400), Terms(1, 250, 400, 400), Terms(9)]
    with pytest.raises(AssertionError):
        check_periods(of(name), tight, [DEAF, DEAF, DEAF])


# ---- mistakes in what is around the policy


def horizonless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns go on past what is due to others."""
    right = Books.renew

    def wrong(self: Books, here: Processor) -> None:
        right(self, here)
        here.words[HORIZON] = 1 << 40

    monkeypatch.setattr(Books, "renew", wrong)


def anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may run runs, without regard to keys."""

    def first(self: Books, here: Processor) -> Account | None:
        return min(here.waiting, key=lambda account: account.number, default=None)

    monkeypatch.setattr(Books, "choose", first)


def unbilled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn's steps are not charged to whoever took them."""

    def wrong(self: Books, account: Account, allowed: int, ran: int, exits: int) -> int:
        account.home.settle(account)
        self._elapse(account.home, max(ran, 1))
        return 0

    monkeypatch.setattr(Books, "bill", wrong)


TIGHT = [Terms(9, 0, 700, 1000), Terms(9, 100, 130, 400), Terms(1, 250, 400, 500)]


@pytest.mark.parametrize("plant", [horizonless, anybody, unbilled])
def test_a_mistake_around_the_policy_shows(plant: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    check_periods(policy("shares"), TIGHT, [DEAF, DEAF, DEAF])
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        check_periods(policy("shares"), TIGHT, [DEAF, DEAF, DEAF])
