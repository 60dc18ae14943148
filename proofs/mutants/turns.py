"""Mutants of turns: what a hybrid monitor asks before a guest goes on directly, of which state; and of techniques."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from isa.description import Isa, Role
from isa.ir.fold import const, eq, negate
from isa.ir.nodes import TRUE, Expr
from isa.machine.time import law_of
from monitor.core import Core
from monitor.techniques import HYBRID, Technique
from proofs.definitions.turn import Turn
from proofs.mutants.mutant import Mutant, both_ways, machine, news, refuting
from proofs.mutants.runs import breaks
from proofs.obligations.statements import MAP, Obligation, obligations
from proofs.terms.symbolic import SymbolicState, Term, conjunction, disjunction

Asked = Callable[[Turn, SymbolicState, SymbolicState], Term]
SWITCH = "g3_jrst"  # where an instruction enters user mode without a trap
QUIET = "g3_popf"  # where an instruction is silent in user mode
RINGS = "vax_vm"  # where there are several user modes


@dataclass(frozen=True)
class Planted(Turn):
    """A turn with a mistake in it."""

    asked: Asked

    def directly(self, before: SymbolicState, after: SymbolicState) -> Term:
        return self.asked(self, before, after)


def turn(name: str, what: str, asked: Asked, topic: Callable[[Isa], str] = lambda isa: MAP) -> Mutant:
    def owed() -> Iterator[Obligation]:
        isa = machine(SWITCH)
        core, law = Core(isa, HYBRID), law_of(isa)
        return obligations(core, law, topic(isa), Planted(core, law, asked))

    return Mutant("turn", name, what, refuting(owed, "turn"))


def technique(
    name: str, what: str, direct: Callable[[Isa], Expr], theorem: str, topic: Callable[[Isa], str], on: str = QUIET
) -> Mutant:
    """A technique that says something else."""

    def core() -> Core:
        return Core(machine(on), Technique(name, what, direct))

    runs = (breaks(core),) if on == QUIET else ()  # elsewhere nothing is let through that should not be
    return Mutant("turn", name, what, (*both_ways(lambda: (core(), None), topic, theorem), *runs))


def the_map(isa: Isa) -> str:
    return MAP


def changed(isa: Isa) -> str:
    return news(isa)[0]


def supervisors(isa: Isa) -> Expr:
    return negate(HYBRID.direct(isa))


def guests_mode(isa: Isa) -> Expr:
    mode = isa.the(Role.MODE)
    return eq(isa.read(mode), const(mode.width, isa.modes.guest))


TURNS = [
    turn(
        "before the trap",
        "asks the mode before a trap, not after it",
        lambda turn, before, after: conjunction(turn.may(before), turn.free(after)),
    ),
    turn("interrupt direct", "does not ask whether an interrupt is due", lambda turn, before, after: turn.may(after)),
    turn(
        "interrupt before",
        "asks what was due before a device asked for attention",
        lambda turn, before, after: conjunction(turn.may(after), turn.free(before)),
    ),
    turn(
        "in a step late",
        "interprets the first step in user mode: correct, and slow",
        lambda turn, before, after: conjunction(turn.may(before), turn.may(after), turn.free(after)),
        changed,
    ),
    turn(
        "out a step late",
        "runs the first step in supervisor mode directly",
        lambda turn, before, after: conjunction(disjunction(turn.may(before), turn.may(after)), turn.free(after)),
    ),
    technique("everything", "runs supervisor mode directly as well", lambda isa: TRUE, "direct", changed),
    technique("inverted", "interprets user mode, and runs supervisor mode directly", supervisors, "turn", the_map),
    technique("one mode", "runs one user mode of several: correct, and slow", guests_mode, "turn", the_map, RINGS),
]
