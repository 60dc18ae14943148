"""Servers that are asked while they share a processor: what is promised of their answers is so in whole runs."""

from collections.abc import Callable, Sequence
from itertools import accumulate

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from isa.errors import MachineError
from monitor.network.datagram import carried, datagram, known
from monitor.service import Terms
from monitor.service.compiled import CompiledPolicy
from monitor.service.level import Level, Load, least, periods
from monitor.service.policies.catalogue import policy
from monitor.service.policies.policy import Bill, Policy
from monitor.service.requests import Request, Server, Serving
from monitor.service.served import Served
from tests.monitor.serving_hosts import BUSY, NOISE, PRICE, SIZE, hosted, load, monitor, server, store
from tests.network import packets
from tests.sizes import sized

QUANTUM = 300
LOOK = PRICE  # what a server's first turn costs: it looks whether there is something to do


def requests(*asked: tuple[int, str]) -> list[Request]:
    return [Request(at, line.encode()) for at, line in asked]


def test_a_request_has_waited_since_it_came() -> None:
    """While its neighbour has its turn. Two that are answered in one turn are seen when that is paid."""
    asked = requests((250, "w 3"), (1250, "w 3"), (1260, "w 9"))
    run = hosted(policy("round-robin"), [asked], [Terms(), Terms()], 1000, [BUSY])
    cost, *others = [c.charged(PRICE) for c in load(asked, 1000).costs]
    assert cost < 1000 < sum(others)
    run.serving.run(8000)
    (one,) = run.serving.servers
    first = LOOK + 1000 + cost
    assert one.answered == [first, first + 2000, first + 2000]
    assert one.latencies == [first - 250, first + 750, first + 740]
    assert one.answers == [b"28658", b"28658", b"51050"]
    assert run.unpaid() == [0, 0]
    one.answered.append(9000)
    assert len(one.latencies) == 3


def check_told_late() -> None:
    """A neighbour's exits are billed in one piece, and then a request that came meanwhile is told at its end."""
    run = hosted(policy("round-robin"), [requests((1250, "w 0"))], [Terms(), Terms()], 1000, [NOISE])
    run.serving.run(6000)
    (one,) = run.serving.servers
    told, cost = LOOK + 2000, load(one.requests, 1000).costs[0].charged(PRICE)
    assert one.latencies == [told + 1000 + cost - 1250]
    assert run.unpaid() == [0, 0]


def test_a_request_that_is_told_late_has_waited() -> None:
    check_told_late()


def test_nobody_pays_for_waiting() -> None:
    run = hosted(policy("shares"), [requests((10, "d 1"), (9000, "w 1")), []], [Terms(), Terms()], 1000)
    run.serving.run(7000)
    run.serving.run(20_000)
    one, two = run.accounts()
    (here,) = run.serving.served.processors
    assert run.serving.served.steps == 20_000 == here.idle + one.charged + LOOK
    assert two.charged == LOOK and None not in run.serving.servers[0].latencies
    assert one.charged == LOOK + sum(c.charged(PRICE) for c in load(run.serving.servers[0].requests, 1000).costs)


def test_who_does_not_serve_is_told_so() -> None:
    on = monitor(2)
    with pytest.raises(MachineError, match="has no console that can be fed"):
        Server(on.create(SIZE), [])
    one = server(on, [])
    with pytest.raises(MachineError, match=r"answers `w 1\nw 2` by 2 lines"):
        one.ask(b"w 1\nw 2")


# ---- by a network


def test_a_server_is_asked_by_datagrams() -> None:
    asked = requests((100, "set colour blue"), (900, "get colour"), (950, "get nothing"))
    alone = store(monitor(8), asked)
    costs = tuple(alone.ask(request.line) for request in asked)
    assert alone.answers == [b"ok", b"= blue", b"none"]
    on = monitor(10)
    one, noise = store(on, asked), on.create(SIZE)
    noise.load(NOISE)
    served = Served(on.machines, policy("shares"), [Terms(reserve=300, period=3000)] * 2, quantum=QUANTUM, price=PRICE)
    Serving(served, [one]).run(60_000)
    most = Load(tuple(asked), costs, PRICE, QUANTUM).latencies(Terms(reserve=300, period=3000))
    assert one.answers == alone.answers
    assert all(had is not None and had <= end for had, end in zip(one.latencies, most, strict=True))
    assert [end is not None for end in one.latencies] == [True] * 3 and min(filter(None, one.latencies)) > 1000
    with pytest.raises(MachineError, match="answers `nothing` by 2 datagrams"):
        one.reached.feed(b"get colour")
        one.ask(b"nothing")


@pytest.mark.parametrize("place", [*range(14, 42, 3), 45])
def test_a_datagram_that_is_wrong_is_none(place: int) -> None:
    frame = datagram(1, 2, (7000, 50_000), b"to whom it concerns")
    assert carried(frame, 2, 50_000) == b"to whom it concerns" and carried(frame, 2, 50_001) is None
    assert carried(frame[:place] + bytes([frame[place] ^ 0x11]) + frame[place + 1 :], 2, 50_000) is None
    assert carried(frame[:50], 2, 50_000) is None and carried(b"", 2, 50_000) is None
    with pytest.raises(ValueError, match="carries 512 octets, not 513"):
        datagram(1, 2, (1, 1), bytes(513))


def test_another_implementation_makes_the_same_datagram() -> None:
    ours, theirs = datagram(packets.PEER, packets.GUEST, (5000, 7000), b"hello"), packets.datagram(b"hello")
    assert ours[34:] == theirs[34:] and ours[:14] == theirs[:14] and carried(theirs, packets.GUEST, 7000) == b"hello"
    assert known(packets.PEER, packets.GUEST) == packets.arp()


# ---- what is promised


def check_promises(loads: Sequence[Sequence[Request]], percent: int, within: int, name: str) -> None:
    """Beside a neighbour who does nothing but trap: no answer later than was promised, no first instruction either, and
    nobody does what is not paid for."""
    levels = [Level(within, percent) for _ in loads]
    known = [load(asked, QUANTUM) for asked in loads]
    found = [least(level, of, periods(levels)[-3]) for level, of in zip(levels, known, strict=True)]
    terms = [terms for terms in found if terms is not None]
    if len(terms) < len(loads) or sum(its.reserve for its in terms) > terms[0].period:
        return
    run = hosted(policy(name), loads, [*terms, Terms(period=terms[0].period)], QUANTUM, [NOISE])
    run.serving.run(max(at.at for asked in loads for at in asked) + 5 * within)
    for one, of, its, level in zip(run.serving.servers, known, terms, levels, strict=True):
        account = run.serving.served.account(one.machine)
        assert account.waited <= (run.serving.served.longest_wait(account) or 0)
        assert account.charged <= of.work(account.turns)
        assert all(had is not None and had <= most for had, most in zip(one.latencies, of.latencies(its), strict=True))
        assert level.kept(one.latencies)
    assert run.unpaid() == [0] * (len(loads) + 1)


WORK = st.builds("{} {}".format, st.sampled_from("wwd"), st.integers(0, 3)).map(
    lambda line: line + "0" * line.startswith("w")
)
ASKED = st.lists(st.tuples(st.integers(0, 2500), WORK), min_size=1, max_size=5).map(
    lambda gaps: [
        Request(at, line.encode()) for at, (_, line) in zip(accumulate(g for g, _ in gaps), gaps, strict=True)
    ]
)
TIGHT = [requests((100, "w 900"))]  # comes when its period has just begun


@settings(max_examples=sized(3, 400))
@given(
    loads=st.lists(ASKED, min_size=1, max_size=4),
    percent=st.sampled_from([50, 90, 100]),
    within=st.integers(5000, 40_000),
    name=st.sampled_from(["shares", "deadline"]),
)
@example(TIGHT, 100, 12_000, "deadline")
def test_what_is_promised_is_so(loads: list[list[Request]], percent: int, within: int, name: str) -> None:
    check_promises(loads, percent, within, name)


def test_a_level_counts_what_was_answered_in_time() -> None:
    level = Level(100, 75)
    assert level.kept([100, 1, None, 100]) and level.kept([])
    assert not level.kept([100, 101, None, 100])


def test_no_reservation_is_enough_where_the_work_is_too_much() -> None:
    asked = requests((0, "w 2000"))
    assert least(Level(5000, 100), load(asked, QUANTUM), 1000) is None
    assert periods([Level(90, 1), Level(20, 1)]) == [2, 3, 4, 5, 6, 10]


# ---- mistakes


def since_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request is taken to have come when the server was told."""
    right = Server.feed

    def wrong(self: Server, now: int) -> bool:
        told = tuple(r if r.at > now or n < self.arrived else Request(now, r.line) for n, r in enumerate(self.requests))
        self.requests = told
        return right(self, now)

    monkeypatch.setattr(Server, "feed", wrong)


def no_waiting_for_the_period(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wakes is taken to have its reservation at once."""
    right = Load.ends
    monkeypatch.setattr(Load, "ends", lambda self, terms: [end - terms.period for end in right(self, terms)])


def free_of_charge(monkeypatch: pytest.MonkeyPatch) -> None:
    """A neighbour's exits cost nothing."""
    right = CompiledPolicy.__init__

    def wrong(self: CompiledPolicy, policy: Policy, bill: Bill | None = None) -> None:
        right(self, policy, bill)
        charged = self.bill
        self.bill = lambda a, h, g, debt, ran, exits, allowed: charged(a, h, g, debt, ran, 0, allowed)

    monkeypatch.setattr(CompiledPolicy, "__init__", wrong)


@pytest.mark.parametrize(
    ("plant", "check"),
    [
        (since_told, check_told_late),
        (free_of_charge, check_told_late),
        (no_waiting_for_the_period, lambda: check_promises(TIGHT, 100, 12_000, "deadline")),
    ],
)
def test_a_mistake_shows(
    plant: Callable[[pytest.MonkeyPatch], None], check: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    check()
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        check()
