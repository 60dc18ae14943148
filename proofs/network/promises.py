"""The promises of a switch: for any number of ports, of which two arbitrary ones are looked at, and for all words."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import z3

from isa.ir.nodes import Expr
from monitor.network.forwarding import MOST_BURST, MOST_RATE, MOST_STEPS, MOST_VLANS, PARTS, WIDTH, Forwarding
from proofs.terms.solving import Found
from proofs.terms.symbolic import Symbolic, Term

TIMEOUT = 60.0  # seconds
MOST_SIZE = 1518  # octets of a frame


class Words(dict[str, Term]):
    """Arbitrary words by their names; those given are what they are said to be."""

    def __missing__(self, name: str) -> Term:
        self[name] = z3.BitVec(name, WIDTH)
        return self[name]


def read(expression: Expr, words: Words, **given: Term) -> Term:
    return Symbolic(None, _Given(words, given)).value(expression)  # type: ignore[arg-type]


class _Given(dict[str, Term]):
    """Those given, and arbitrary words for all others."""

    def __init__(self, words: Words, given: dict[str, Term]) -> None:
        super().__init__(given)
        self.words = words

    def __bool__(self) -> bool:
        return True

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> Term:
        return self.words[name]


Claim = Callable[[Forwarding], tuple[list[Term], Term]]  # what is assumed, and what follows


@dataclass(frozen=True)
class Promise:
    key: str
    statement: str
    claim: Claim


@dataclass(frozen=True)
class Kept:
    """Whether a promise is kept in every state; `words` are those of one in which it is not."""

    promise: Promise
    holds: Found
    seconds: float
    words: dict[str, int]


def prove(forwarding: Forwarding | None = None, timeout: float = TIMEOUT) -> Iterator[Kept]:
    for promise in PROMISES:
        yield kept(forwarding or Forwarding(), promise, timeout)


def kept(forwarding: Forwarding, promise: Promise, timeout: float = TIMEOUT) -> Kept:
    began = time.monotonic()
    given, shown = promise.claim(forwarding)
    solver = z3.Solver()
    solver.set("timeout", int(timeout * 1000))
    solver.add(*given, z3.Not(shown))
    found = solver.check()
    holds = Found.YES if found == z3.unsat else Found.NO if found == z3.sat else Found.UNKNOWN
    words = {str(n): solver.model()[n].as_long() for n in solver.model()} if found == z3.sat else {}
    return Kept(promise, holds, time.monotonic() - began, words)


def possible(claim: Claim) -> bool:
    """Whether there is a state of which it says anything."""
    solver = z3.Solver()
    solver.add(*claim(Forwarding())[0])
    return bool(solver.check() == z3.sat)


def _of(members: Term, vlan: Term) -> Term:
    """Written down once more, not read off what is proved: the port is of the VLAN."""
    return z3.And(z3.ULT(vlan, MOST_VLANS), z3.Extract(0, 0, z3.LShR(members, vlan)) == 1)


def isolated(f: Forwarding) -> tuple[list[Term], Term]:
    words = Words()
    came, leaves = read(f.accepted(), words, members=words["inner"]), read(f.sent(), words, members=words["outer"])
    return [came, leaves], z3.And(_of(words["inner"], words["vlan"]), _of(words["outer"], words["vlan"]))


def not_back(f: Forwarding) -> tuple[list[Term], Term]:
    words = Words()
    return [read(f.sent(), words)], words["port"] != words["origin"]


def one_place(f: Forwarding) -> tuple[list[Term], Term]:
    words = Words()
    both = [read(f.sent(), words, port=words[p], members=words[m]) for p, m in (("one", "first"), ("two", "second"))]
    return [*both, words["known"] != 0, words["group"] == 0], words["one"] == words["two"]


def reached(f: Forwarding) -> tuple[list[Term], Term]:
    words = Words()
    wanted = z3.Or(words["group"] != 0, words["known"] == 0, words["where"] == words["port"])
    given = [_of(words["members"], words["vlan"]), words["port"] != words["origin"], wanted]
    return given, read(f.sent(), words)


def let_in(f: Forwarding) -> tuple[list[Term], Term]:
    words = Words()
    return [_of(words["members"], words["vlan"])], read(f.accepted(), words)


def forgotten(f: Forwarding) -> tuple[list[Term], Term]:
    words = Words()
    old = z3.UGT(words["now"] - words["seen"], words["age"])
    return [z3.ULE(words["seen"], words["now"]), old], z3.Not(read(f.fresh(), words))


def bucket(words: Words) -> list[Term]:
    """What holds of a bucket before: `tokens` are what its burst allows at most."""
    limits = [z3.ULE(words["rate"], MOST_RATE), z3.ULE(words["burst"], MOST_BURST), z3.ULE(words["last"], words["now"])]
    return [*limits, z3.ULE(words["tokens"], (words["burst"] << PARTS))]


def never_more(f: Forwarding) -> tuple[list[Term], Term]:
    words = Words()
    full = read(f.filled(), words)
    left = read(f.left(), words, tokens=full)
    goes = read(f.passes(), words, tokens=full)
    most = words["burst"] << PARTS
    given = [*bucket(words), z3.ULE(words["size"], MOST_SIZE)]
    return given, z3.And(z3.ULE(full, most), z3.Implies(goes, z3.ULE(left, most)))


def paid(f: Forwarding) -> tuple[list[Term], Term]:
    """What leaves is taken off, and what comes is no more than the rate: so in any window no more leaves than its steps
    times the rate, and a burst."""
    words, steps = Words(), _narrow("steps", MOST_STEPS)
    words["rate"], words["now"] = _narrow("rate", MOST_RATE), words["last"] + steps
    full = read(f.filled(), words)
    left, goes = read(f.left(), words, tokens=full), read(f.passes(), words, tokens=full)
    given = [*bucket(words), z3.ULE(words["size"], MOST_SIZE), goes]
    return given, z3.ULE(left + (words["size"] << PARTS), words["tokens"] + words["rate"] * steps)


def _narrow(name: str, most: int) -> Term:
    """An arbitrary word below a power of two, so that a solver sees that products of such words are words."""
    bits = most.bit_length() - 1
    return z3.ZeroExt(WIDTH - bits, z3.BitVec(name, bits))


def never_stuck(f: Forwarding) -> tuple[list[Term], Term]:
    words = Words()
    full = words["burst"] << PARTS
    given = [*bucket(words), z3.ULE(words["size"], words["burst"])]
    return given, read(f.passes(), words, tokens=full)


PROMISES = [
    Promise(
        "isolated",
        "What leaves at a port is of a VLAN of that port, and of one of the port where it came in.",
        isolated,
    ),
    Promise("let in", "What comes in at a port of its VLAN is taken.", let_in),
    Promise(
        "reached",
        "A frame for many, or for a station that is not known, leaves at every other port of its VLAN; "
        "one for a station that is known leaves where that is.",
        reached,
    ),
    Promise("one place", "A frame for a station that is known leaves at one port at most.", one_place),
    Promise("not back", "Nothing leaves where it came in.", not_back),
    Promise("forgotten", "What was not seen for longer than its age does not count.", forgotten),
    Promise("never more", "A bucket never holds more than its burst.", never_more),
    Promise("paid", "What leaves is paid for, and the bucket fills no faster than its rate.", paid),
    Promise("never stuck", "A full bucket lets every frame pass that is no larger than its burst.", never_stuck),
]
