"""Starts for one machine: states made at random for the part that changed, its generated guests, and programs from
reset. `assumed` says whether what the description assumes holds in a state.
"""

from collections.abc import Iterator
from functools import lru_cache
from random import Random

from isa.description import Isa, Kind, Role, State
from isa.engines.choice import REFERENCE, bare
from isa.engines.reference.steps import Function, steps_of
from isa.ir.fold import both
from isa.machine import Machine, Storage
from proofs.runs.generation import generator
from proofs.variants.rigs import Start, Values

SIZES = (16, 24, 33)  # words of the virtual machines of random states
TRIES = 20  # starts until one satisfies what is assumed


def assumed(isa: Isa, machine: Machine) -> bool:
    """Whether what the description assumes holds in the state of a machine."""
    test = _assumption(isa)
    return test is None or bool(test(machine.state.block, machine.storage.cells, machine.engine))


@lru_cache(maxsize=4)
def _assumption(isa: Isa) -> Function | None:
    if not isa.assumptions:
        return None
    return steps_of(isa).values("assumed", (both(*(a.condition for a in isa.assumptions)),))


class Starts:
    """Makes starts for one machine; programs have the instructions of `focus` more often than others."""

    def __init__(self, isa: Isa, random: Random, focus: tuple[str, ...] = ()) -> None:
        self.isa, self.random, self.focus = isa, random, focus or tuple(isa.instructions)
        self.generator = generator(isa)
        self.top = (1 << isa.word) - 1
        self._tries = TRIES

    def size(self, sort: str) -> int:
        return self.generator.size if sort == "guests" else self.random.choice(SIZES)

    def quanta(self, sort: str) -> tuple[int, ...]:
        return (1, 1, 2) if sort == "states" else (1, 2, 4, 9)

    def start(self, sort: str, size: int) -> Start:
        """A start in a machine of so many words. What is assumed holds in it, if such a one is found soon."""
        for _ in range(self._tries):
            found = self._start(sort, size)
            if sort == "resets" or not self.isa.assumptions or self._holds(found):
                return found
        self._tries = 1  # it hardly ever holds
        return found

    def _holds(self, start: Start) -> bool:
        machine = bare(self.isa, Storage(self.isa.word, len(start.words)), engine=REFERENCE)
        start.put(machine)
        return assumed(self.isa, machine)

    def _start(self, sort: str, size: int) -> Start:
        if sort == "guests":
            guest = self.generator.guest(self.random)
            return Start(guest.state, [guest.words.get(i, 0) for i in range(size)], guest.seed)
        words = [self._word() for _ in range(size)]
        if sort == "resets":
            fresh = bare(self.isa, Storage(self.isa.word, size), engine=REFERENCE).state
            reset = {name: fresh[name] for name in fresh.layout.slots}
            return Start({**reset, self.isa.pc: self.random.randrange(size)}, words)
        state = dict(self._state(size))
        base, pc = (_number(self._at(state, role)) for role in (Role.BASE, Role.PC))
        if self.random.random() < 0.8:
            for i in range(3):
                words[(base + pc + i) % size] = self._instruction()
        return Start(state, words, self.random.randrange(4))

    def _at(self, state: Values, role: Role) -> int | list[int]:
        return state[self.isa.the(role).state]

    def _word(self) -> int:
        if self.random.random() < 0.5:
            return self._instruction()
        return self.random.choice((self._small(), self.random.randint(0, self.top)))

    def _instruction(self) -> int:
        names = self.focus if self.random.random() < 0.7 else tuple(self.isa.instructions)
        return self.generator.word_of(self.random, self.random.choice(names)) or 0

    def _small(self) -> int:
        return self.random.randrange(20)

    def _state(self, size: int) -> Iterator[tuple[str, int | list[int]]]:
        for state in self.isa.states.values():
            if state.kind is Kind.ARRAY:
                yield state.name, [0 if i in state.zero else self._any(state.width, size) for i in range(state.count)]
            elif state.kind is Kind.SCALAR:
                yield state.name, self._scalar(state, size)

    def _scalar(self, state: State, size: int) -> int:
        random, top = self.random, (1 << state.width) - 1
        match state.role:
            case Role.HALT:
                return 0
            case Role.PC:
                value = random.choice((random.randrange(size), random.randrange(8), self._any(state.width, size)))
            case Role.BASE:
                value = random.choice((0, 0, random.randrange(8), random.randrange(size), self._any(state.width, size)))
            case Role.BOUND:
                value = random.choice((size, size - random.randrange(8), top, self._any(state.width, size)))
            case Role.TIMER | Role.PENDING | Role.ENABLE:
                value = random.choice((0, 0, 1, 2, 3, 4, 5, self._any(state.width, size)))
            case _:
                value = self._any(state.width, size)
        return value & top

    def _any(self, width: int, size: int) -> int:
        """Small numbers, the ends of storage, corners, anything; cut to its width."""
        random = self.random
        ends = size - random.randrange(3), -random.randrange(3)
        return random.choice((self._small(), self._small(), *ends, random.getrandbits(width))) & ((1 << width) - 1)


def _number(value: int | list[int]) -> int:
    assert isinstance(value, int)
    return value
