"""Small prologues of every form, and their time laws beside plain iteration: every value, every moment.

`known` writes a counter of its own choice in some form, which must be found; `anything` writes what may have no law,
and then must be refused rather than be wrong.
"""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from isa.description import Isa, Kind, Role, State
from isa.engines.reference.steps import steps_of
from isa.ir.fold import add, apply, both, const, either, eq, negate, select, slice_, sub, ule, ult, zext
from isa.ir.nodes import TRUE, Behaviour, Expr, Origin, Read, TrapIf, Write
from isa.machine import Machine, Storage
from isa.machine.time import NEVER, Counter, law_of, time_of
from tests.ir_evaluation import Evaluation
from tests.machines_to_test import G3

OPEN = eq(slice_(Read(32, "psw"), 1, 1), const(1, 1))  # stands still
PC = Write(TRUE, "pc", 0, add(Read(32, "pc"), const(32, 1)))
LOW = 2  # where the part lies in its scalar `c`; `d` beside it is a scalar of its own


def prologue(width: int, value: Expr, *guards: Expr, other: Expr | None = None) -> Isa:
    """G3 whose prologue makes `value` of the part, `other` of `d`, and traps under these conditions."""
    states = {n: State(n, Kind.SCALAR, w, 1, Role.TIMER) for n, w in (("c", width + LOW + 1), ("d", width))}
    effects = [Write(TRUE, "c", LOW, value), *([] if other is None else [Write(TRUE, "d", 0, other)]), PC]
    traps = tuple(TrapIf(guard, 5, const(32, i), Origin.PROLOGUE) for i, guard in enumerate(guards))
    return replace(G3, states={**G3.states, **states}, prologue=Behaviour(traps, tuple(effects)))


def part(width: int) -> Expr:
    return slice_(Read(width + LOW + 1, "c"), LOW, width)


# ---- forms


def known(random: Random, width: int) -> tuple[Isa, Counter]:
    """A counter that moves in some values, written somehow, and what must be found."""
    now, size, step = part(width), 1 << width, random.choice((1, -1)) if width > 1 else 1
    moving = {v for v in range(size) if random.random() < random.choice((0.2, 0.5, 0.8))} or {0}
    inside = within(random, now, moving)
    gate = random.choice((TRUE, OPEN, negate(OPEN)))
    one, condition = const(width, step), both(gate, inside)
    value = random.choice(
        (
            select(condition, add(now, one), now),
            select(negate(condition), now, add(now, one)),
            select(gate, select(inside, add(now, one), now), now),
            add(now, zext(select(condition, const(1, 1), const(1, 0)), width))
            if step > 0
            else sub(now, select(condition, const(width, 1), const(width, 0))),
        )
    )
    isa = prologue(width, value)
    law = law_of(isa).moving
    assert len(law) == 1 and isinstance(law[0], Counter)
    counter = law[0]
    stands = {v % size for a, b in counter.stops for v in range(a, b + 1 + (size if b < a else 0))}
    assert (counter.step, counter.gate, stands) == (step, gate, set(range(size)) - moving), "another law"
    return prologue(width, value, *guards(random, width, pieces=False)), counter


def within(random: Random, now: Expr, values: set[int]) -> Expr:
    """Whether the part is one of these: by equations, or by ranges that may be shifted."""
    width, size = now.width, 1 << now.width
    if len(values) == size:
        return TRUE
    if random.random() < 0.3:
        return either(*(eq(now, const(width, v)) for v in sorted(values)))
    found = []
    for first in (v for v in sorted(values) if (v - 1) % size not in values):
        last = next(v for v in range(first, 2 * size) if (v + 1) % size not in values)
        if last < size and random.random() < 0.5:
            found.append(both(ule(const(width, first), now), ule(now, const(width, last))))
        else:
            found.append(ule(sub(now, const(width, first)), const(width, last - first)))
    return either(*found)


def anything(random: Random, width: int) -> Isa:
    """A prologue of any form, often one without a law."""
    now, other = part(width), Read(width, "d")
    value = form(random, now, 3)
    on, still = add(other, const(width, 1)), slice_(Read(16, "pending"), 3, width)
    second = random.choice((None, on, on, form(random, other, 1), still))
    return prologue(width, value, *guards(random, width), other=second)


def form(random: Random, now: Expr, deep: int) -> Expr:
    width = now.width
    some = const(width, random.getrandbits(width))
    still = slice_(Read(16, "pending"), 0, width)
    near = [now, now, add(now, const(width, 1)), sub(now, const(width, 1))]
    if not deep or random.random() < 0.2:
        return random.choice([*near, some] if random.random() < 0.8 else [still])
    test = condition(random, now)
    if random.random() < 0.3:
        return random.choice((add, sub))(now, select(test, const(width, 1), const(width, 0)))
    return select(test, form(random, now, deep - 1), form(random, now, deep - 1))


def condition(random: Random, now: Expr) -> Expr:
    width = now.width
    sides = [now, const(width, random.getrandbits(width))]
    random.shuffle(sides)
    compared = apply(random.choice(("eq", "ult", "ule", "slt", "sle")), *sides)
    found = [compared, compared, compared, negate(compared), OPEN, both(OPEN, compared), either(OPEN, compared)]
    return random.choice(found)


def guards(random: Random, width: int, pieces: bool = True) -> Iterator[Expr]:
    one, other = part(width), Read(width, "d")
    for _ in range(random.randint(1, 2)):
        yield random.choice((both, either))(condition(random, one), condition(random, random.choice((one, other))))
    if pieces and random.random() < 0.1:
        yield eq(slice_(one, 0, 1), const(1, 1))
    if random.random() < 0.3:
        yield ult(slice_(Read(16, "pending"), 0, width), one)


# ---- every value, every moment


def check(isa: Isa) -> bool:
    """Compare the law with so many single steps, from every state. False if there is none."""
    time = time_of(isa)
    if time is None:
        return False
    horizon = time.horizon()
    assert horizon is not None
    width = isa.states["d"].width
    machine = Machine(isa, Storage(32, 64))
    slots = steps_of(isa).layout.slots
    c, d, psw, pending = (slots[name].first for name in ("c", "d", "psw", "pending"))
    shifts = (0, 5) if width < 4 else (5,)
    for start in range(1 << width):
        for enabled in (0, 2):
            for beside in shifts:
                block = list(machine.state.block)
                block[c], block[d] = start << LOW | beside & 3, beside & (1 << width) - 1
                block[psw], block[pending] = enabled, beside | beside << 3
                _run(machine, block, time.advance(), horizon, 3 << width)
    return True


def _run(machine: Machine, block: list[int], advance: Behaviour, horizon: Expr, most: int) -> None:
    """One start: after n steps the state is what `advance` says, and the first trap is where `horizon` says."""
    state, traps = machine.state.block, machine.isa.prologue.traps
    state[:] = type(state)("Q", block)
    pc = machine.state.layout.slots["pc"].first
    promised, first = Evaluation(machine, {}).value(horizon), NEVER
    for n in range(most):
        if Evaluation(machine, {}).trap(traps) is not None:
            first = n
            break
        Evaluation(machine, {}).perform(Behaviour((), machine.isa.prologue.effects))
        if n < 4 or n % 7 == 0:
            stepped = list(state)
            state[:] = type(state)("Q", block)
            Evaluation(machine, {"steps": n + 1}).perform(advance)
            state[pc] = stepped[pc]
            assert list(state) == stepped, f"after {n + 1} steps"
            state[:] = type(state)("Q", stepped)
    assert promised == first, "the first trap"


def known_laws(seeds: range, widest: int = 3) -> None:
    for random in map(Random, seeds):
        isa, _ = known(random, random.randint(1, widest))
        assert check(isa)


def any_laws(seeds: range, widest: int = 3) -> int:
    """How many had a law."""
    return sum(check(anything(random, random.randint(1, widest))) for random in map(Random, seeds))
