"""Mutants of the time law: what many steps do to the prologue's counters, and when it would trap."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from isa.ir.fold import add, const, eq, rewriter, select, sub
from isa.ir.nodes import TRUE, Behaviour, Expr, Param
from isa.machine.time import COUNT_WIDTH, NEVER, Counter, Latch, Time, time_of
from monitor.core import Core
from proofs.mutants.mutant import Mutant, both_ways, machine
from proofs.obligations.statements import TIME

ONE = const(COUNT_WIDTH, 1)


@dataclass(frozen=True)
class Planted(Time):
    """A time law with a mistake in it; each part is given what is right."""

    advanced: Callable[[Behaviour], Behaviour] = lambda right: right
    due: Callable[[Expr], Expr] = lambda right: right

    def advance(self) -> Behaviour:
        return self.advanced(Time(self.moving, self.conditions).advance())

    def horizon(self, further: Iterable[Expr] = ()) -> Expr | None:
        right = Time(self.moving, self.conditions).horizon(further)
        return right if right is None else self.due(right)


def law(on: str) -> Time:
    found = time_of(machine(on))
    assert found is not None
    return found


def mutant(name: str, what: str, theorem: str, plant: Callable[[Time], Time], on: str = "g3") -> Mutant:
    checks = both_ways(lambda: (Core(machine(on)), plant(law(on))), lambda isa: TIME, theorem)
    return Mutant("time", name, what, checks)


def counted(change: Callable[[Counter], Counter]) -> Callable[[Time], Time]:
    """Each counter moves otherwise."""
    return lambda time: Time(tuple(change(m) if isinstance(m, Counter) else m for m in time.moving), time.conditions)


def latched(value: Callable[[Latch], Expr]) -> Callable[[Time], Time]:
    """Each latch takes over something else."""
    return lambda time: Time(
        tuple(replace(m, value=value(m)) if isinstance(m, Latch) else m for m in time.moving), time.conditions
    )


def advanced(change: Callable[[Behaviour], Behaviour]) -> Callable[[Time], Time]:
    return lambda time: Planted(time.moving, time.conditions, advanced=change)


def due(change: Callable[[Expr], Expr]) -> Callable[[Time], Time]:
    return lambda time: Planted(time.moving, time.conditions, due=change)


def later(behaviour: Behaviour) -> Behaviour:
    """A step too many."""
    steps = Param(COUNT_WIDTH, "steps")
    rewrite = rewriter(lambda node: add(steps, ONE) if node is steps else None)
    return replace(behaviour, effects=tuple(replace(e, value=rewrite(e.value)) for e in behaviour.effects))


def unless_never(change: Callable[[Expr], Expr]) -> Callable[[Expr], Expr]:
    return lambda right: select(eq(right, const(COUNT_WIDTH, NEVER)), right, change(right))


def later_than_now(right: Expr) -> Expr:
    """Never after exactly one step."""
    return select(eq(right, ONE), const(COUNT_WIDTH, NEVER), right)


def early(right: Expr) -> Expr:
    return select(eq(right, const(COUNT_WIDTH, 0)), right, sub(right, ONE))


TIMES = [
    mutant("floor ignored", "counts on past the end", "advance", counted(lambda c: replace(c, stops=()))),
    mutant("floor lower", "counts one further down", "advance", counted(lambda c: replace(c, stops=((0, 0),)))),
    mutant("floor higher", "stops a step too soon", "advance", counted(lambda c: replace(c, stops=((0, 2),)))),
    mutant("sign", "counts the other way", "advance", counted(lambda c: replace(c, step=-c.step))),
    mutant("time stands still", "forgets that a direct run took time", "advance", advanced(lambda right: Behaviour())),
    mutant("a step too many", "counts the step that did not happen", "advance", advanced(later)),
    mutant(
        "a counter forgotten",
        "moves the first counter only",
        "advance",
        lambda t: Time(t.moving[:1], t.conditions),
        "counting",
    ),
    mutant("gate forgotten", "runs for everybody", "advance", counted(lambda c: replace(c, gate=TRUE)), "tracing"),
    mutant("latch forgotten", "never takes over the trace bit", "advance", latched(lambda m: m.now), "tracing"),
    mutant("latch unforeseen", "does not expect the trap behind a step", "horizon", due(later_than_now), "tracing"),
    mutant("horizon late", "lets an interrupt wait for a step", "horizon", due(unless_never(lambda h: add(h, ONE)))),
    mutant("horizon early", "stops a direct run before it needs to: correct, and slow", "horizon", due(early)),
    mutant("horizon never", "never interrupts", "horizon", due(lambda h: const(COUNT_WIDTH, NEVER))),
    mutant("horizon now", "interprets everything: correct, and slow", "horizon", due(lambda h: const(COUNT_WIDTH, 0))),
    mutant("clock only", "does not look for devices", "horizon", lambda t: Time(t.moving, t.conditions[:1])),
    mutant("devices only", "does not look at the clock", "horizon", lambda t: Time(t.moving, t.conditions[1:])),
]
