"""The words that policies count in, and the few forms that they need: all of them IR over 64 bits.

A *machine* has accounts of its own (`me`), the *processor* where it lives has some (`here`), and two words are the
host's (`everywhere`). Words
wrap, and so moments are never compared: a clock and a pass are compared by their distance from where the host stands,
which is small.
"""

from isa.ir.fold import apply, both, const, negate, select, sub, ule, ult
from isa.ir.nodes import TRUE, Behaviour, Expr, Param, Read, Write

WIDTH = 64
ME, HERE, EVERYWHERE = "me.", "here.", "everywhere."
ZERO, ONE = const(WIDTH, 0), const(WIDTH, 1)
FAR = const(WIDTH, 1 << 63)  # what is at least so far ahead is behind
ENDLESS = const(WIDTH, (1 << 62))  # no moment that a host lives to see

MOST_QUANTUM = const(WIDTH, 1 << 16)  # steps of a turn
MOST_PRICE = const(WIDTH, 1 << 12)  # steps that an exit costs
MOST_PERIOD = const(WIDTH, 1 << 20)  # steps
MOST_UNIT = const(WIDTH, 1 << 20)  # what a step adds to a pass
PARTS = (
    2_079_000_000  # of a step, in which reservations are counted: 2**6 * 3**3 * 5**6 * 7 * 11, so that most are exact
)
WHOLE = const(WIDTH, PARTS)  # all of a processor
MOST_TURNS = 1 << 20  # turns in a period: each of them is charged a step at least

charged, steps = Param(WIDTH, "charged"), Param(WIDTH, "steps")


def me(word: str) -> Expr:
    return Read(WIDTH, ME + word)


def here(word: str) -> Expr:
    return Read(WIDTH, HERE + word)


def everywhere(word: str) -> Expr:
    return Read(WIDTH, EVERYWHERE + word)


def number(value: int) -> Expr:
    return const(WIDTH, value)


def times(a: Expr, b: Expr) -> Expr:
    return apply("mul", a, b)


def least(*values: Expr) -> Expr:
    found, *rest = values
    for value in rest:
        found = select(ult(value, found), value, found)
    return found


def some(value: Expr) -> Expr:
    """Whether there is any of it."""
    return ult(ZERO, value)


def none(value: Expr) -> Expr:
    return negate(some(value))


def ahead(moment: Expr, of: Expr) -> Expr:
    """Whether a moment is not before another one: wrap-safe, as long as they are nearer than half of all words."""
    return ult(sub(moment, of), FAR)


def later(moment: Expr, other: Expr) -> Expr:
    """The later of the two."""
    return select(ahead(moment, other), moment, other)


def within(low: Expr, value: Expr, high: Expr) -> Expr:
    return both(ule(low, value), ule(value, high))


def sets(**words: Expr) -> Behaviour:
    """What a machine's own words become."""
    return Behaviour((), tuple(Write(TRUE, ME + word, 0, value) for word, value in words.items()))


def sets_here(**words: Expr) -> Behaviour:
    return Behaviour((), tuple(Write(TRUE, HERE + word, 0, value) for word, value in words.items()))
