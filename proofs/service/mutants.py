"""Mistakes in policies and in the bill, each of which a promise that is named for it must refute."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from isa.ir.fold import add, sub, ule
from isa.ir.nodes import Behaviour, Expr
from monitor.service.policies.deadline import Deadline, reserved
from monitor.service.policies.partition import Partition
from monitor.service.policies.policy import NOTHING, Bill, Policy
from monitor.service.policies.round_robin import RoundRobin
from monitor.service.policies.shares import Shares
from monitor.service.words import (
    FAR,
    HERE,
    ME,
    ONE,
    WHOLE,
    ZERO,
    charged,
    everywhere,
    here,
    least,
    me,
    number,
    sets,
    sets_here,
    steps,
    times,
)
from proofs.service.promise import Promise
from proofs.service.proving import PROMISES
from proofs.service.turns import Billing


@dataclass(frozen=True)
class Mutant:
    """A policy with a mistake: what it does wrong, and the promise that must fail."""

    name: str
    what: str
    policy: Policy
    promise: str

    @property
    def refuted_by(self) -> Promise:
        return next(p for p in PROMISES[self.policy.name] if p.key == self.promise)


def mutant(name: str, what: str, promise: str, base: type[Policy], **parts: Callable[[], object]) -> Mutant:
    """A policy with parts of its own in place of these."""
    planted = type("Planted", (base,), {part: staticmethod(made) for part, made in parts.items()})
    return Mutant(name, what, planted(), promise)


def billing(name: str, what: str, promise: str, **parts: Callable[[Bill], Expr]) -> Mutant:
    """Another bill."""
    return mutant(name, what, promise, Billing, bill=type("Planted", (Bill,), dict(parts)))


def without(right: Behaviour, *words: str) -> Behaviour:
    """A behaviour that forgets some words."""
    gone = {ME + word for word in words} | {HERE + word for word in words}
    return replace(right, effects=tuple(e for e in right.effects if getattr(e, "state", "") not in gone))


def changed(right: Behaviour, **words: Expr) -> Behaviour:
    """A behaviour that sets these words otherwise."""
    return without(right, *words).then(sets(**words))


TICKETS, SHARES, DEADLINE, SLOTS = RoundRobin(), Shares(), Deadline(), Partition()
QUANTUM, PASS = everywhere("quantum"), "pass"


def over_wide() -> Expr:
    """A pass compared as a number."""
    return reserved(SHARES.due(), add(FAR, me(PASS)))


BILLS = [
    billing("exits free", "does not charge exits", "paid", owed=lambda b: add(b.debt, b.ran)),
    billing("debt forgiven", "forgets what a turn could not pay", "paid", rest=lambda b: ZERO),
    billing("debt first", "runs a machine as if it had no debt", "progress", charged=lambda b: sub(b.owed(), b.debt)),
    billing("over the turn", "lets a neighbour wait for exits", "paid", charged=lambda b: b.owed()),
    billing("unpaid debt", "lets a machine in debt run on", "debt", budget=lambda b: b.allowed),
    billing("a step withheld", "gives an honest machine a step less", "whole", budget=lambda b: sub(b.allowed, ONE)),
]

ROUND_ROBIN = [
    mutant("ticket as a number", "compares tickets that wrap", "oldest", RoundRobin, key=lambda: me("ticket")),
    mutant("last first", "has the last one go first", "oldest", RoundRobin, key=lambda: sub(ZERO, TICKETS.key())),
    mutant("no ticket", "leaves whoever had a turn in front", "behind", RoundRobin, pay=lambda: NOTHING),
    mutant(
        "one ticket for two",
        "gives a ticket twice",
        "behind",
        RoundRobin,
        pay=lambda: sets(ticket=sub(here("tickets"), ONE)),
    ),
    mutant("wakes in front", "lets who wakes go first", "joins", RoundRobin, wake=lambda: NOTHING),
    mutant("beyond the horizon", "lets turns be longer", "turn", RoundRobin, allowed=lambda: QUANTUM),
]

STRIDE = [
    mutant("pass as a number", "compares passes that wrap", "least", Shares, key=over_wide),
    mutant("virtual stays", "never moves the virtual pass", "pays", Shares, chosen=lambda: NOTHING),
    mutant(
        "virtual leaps",
        "moves the virtual pass further than anybody's",
        "gap",
        Shares,
        chosen=lambda: sets_here(virtual=add(me(PASS), number(1 << 62))),
    ),
    mutant(
        "reservation counted",
        "charges reserved steps to the pass",
        "apart",
        Shares,
        pay=lambda: changed(SHARES.pay(), **{PASS: add(me(PASS), times(charged, me("unit")))}),
    ),
    mutant("free turn", "does not charge the pass", "pays", Shares, pay=lambda: without(SHARES.pay(), PASS)),
    mutant(
        "weight ignored",
        "charges everybody alike",
        "pays",
        Shares,
        pay=lambda: changed(SHARES.pay(), **{PASS: add(me(PASS), reserved(ZERO, charged))}),
    ),
    mutant("paid for waiting", "lets a sleeper catch up", "wakes", Shares, wake=lambda: NOTHING),
    mutant(
        "punished for waiting",
        "puts a sleeper behind",
        "wakes",
        Shares,
        wake=lambda: sets(**{PASS: add(here("virtual"), number(1 << 62))}),
    ),
    mutant("moves with its pass", "takes a pass elsewhere", "moves", Shares, arrive=lambda: NOTHING),
    mutant(
        "double turn",
        "allows two quanta",
        "turn",
        Shares,
        allowed=lambda: least(add(QUANTUM, QUANTUM), here("horizon")),
    ),
    mutant(
        "reservation last",
        "serves reservations behind shares",
        "first",
        Shares,
        key=lambda: reserved(add(FAR, SHARES.due()), sub(me(PASS), here("virtual"))),
    ),
]

CAPS = [
    mutant(
        "cap at most", "lets who has had its cap have a turn", "turn", Shares, may=lambda: ule(me("used"), me("cap"))
    ),
    mutant(
        "no cap",
        "looks at the cap before a turn only",
        "cap",
        Shares,
        allowed=lambda: least(QUANTUM, here("horizon"), reserved(me("left"), QUANTUM)),
    ),
    mutant("uncounted", "does not count reserved steps", "cap", Shares, pay=lambda: without(SHARES.pay(), "used")),
    mutant(
        "fresh after waiting",
        "forgets what was had when a machine waits",
        "counted",
        Shares,
        sleep=lambda: SHARES.sleep().then(sets(used=ZERO)),
    ),
    mutant("capped for ever", "never renews the cap", "again", Shares, renew=lambda: without(SHARES.renew(), "used")),
]

PERIODS = [
    mutant(
        "latest first", "serves the latest deadline", "earliest", Deadline, key=lambda: sub(ZERO, DEADLINE.due())
    ),
    mutant("deadline as a number", "compares deadlines that wrap", "earliest", Deadline, key=lambda: me("ends")),
    mutant(
        "over-committed",
        "admits whatever is asked for",
        "admitted",
        Deadline,
        admit=lambda: ule(times(me("reserve"), WHOLE), times(me("share"), me("period"))),
    ),
    mutant(
        "share rounded down",
        "does not look whether the share is enough",
        "renewed",
        Deadline,
        admit=lambda: ule(me("share"), sub(WHOLE, here("total"))),
    ),
    mutant(
        "hoards", "adds what was not used to the next period", "renewed", Shares,
        renew=lambda: changed(SHARES.renew(), left=add(me("left"), add(me("reserve"), ONE))),
    ),
    mutant(
        "period from now", "begins the next period a step late", "renewed", Deadline,
        renew=lambda: changed(DEADLINE.renew(), ends=add(add(me("ends"), me("period")), ONE)),
    ),
    mutant(
        "refilled", "gives back reserved steps as time passes", "unserved", Deadline,
        elapse=lambda: DEADLINE.elapse().then(sets(left=me("reserve"))),
    ),
    mutant(
        "fast clock", "counts a step more than passes", "waiting", Deadline,
        elapse=lambda: sets_here(now=add(add(here("now"), steps), ONE)),
    ),
    mutant("share forgotten", "keeps the share of who has left", "departs", Deadline, depart=lambda: NOTHING),
    mutant("keeps asleep", "keeps reserved steps for later", "forfeits", Deadline, sleep=lambda: NOTHING),
    mutant("unpaid reservation", "does not count reserved steps", "served", Deadline, pay=lambda: NOTHING),
    mutant(
        "total forgotten", "forgets who was admitted", "admitted", Deadline,
        admitted=lambda: without(DEADLINE.admitted(), "total"),
    ),
]  # fmt: skip

FRAMES = [
    mutant("slot twice", "gives a slot to two", "slots", Partition, admitted=lambda: sets(begins=here("total"))),
    mutant(
        "slot + 1", "lets a slot last a step too long", "alone", Partition, may=lambda: ule(SLOTS.into(), me("length"))
    ),
    mutant("past its slot", "lets a turn go on", "inside", Partition, allowed=RoundRobin().allowed),
    mutant(
        "frame + 1",
        "begins the frame a step late",
        "round",
        Partition,
        elapse=lambda: sets_here(into=add(here("into"), steps)),
    ),
    mutant("slot forgotten", "waits a frame too long", "comes", Partition, due=lambda: here("frame")),
]

ORDERS = [
    mutant(
        "by the clock", "has tickets overtaken by time", "order", RoundRobin, key=lambda: sub(me("ticket"), here("now"))
    ),
    mutant(
        "by the frame", "has slots overtaken as the frame goes on", "order", Partition,
        key=lambda: sub(me("begins"), here("into")),
    ),
    mutant(
        "next in line", "compares passes with the clock", "order", Shares,
        key=lambda: reserved(SHARES.due(), sub(me(PASS), here("now"))),
    ),
]  # fmt: skip

MUTANTS = [*BILLS, *ROUND_ROBIN, *STRIDE, *CAPS, *PERIODS, *FRAMES, *ORDERS]
