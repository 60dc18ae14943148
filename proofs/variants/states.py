"""Runs from random states: of the machine's own generated guests, of states made for the part that changed, and from
reset. The first difference is told, with the state it began in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from isa.description import Isa, Kind, Role, State
from isa.engines.choice import REFERENCE, choose
from isa.engines.steps import steps_of
from isa.machine import Machine, Storage
from proofs.aiming import modes
from proofs.generation import generator
from proofs.variants.rigs import Rig, Start, Values

SIZES = (16, 24, 33)  # words of the virtual machines of random states
STATES, GUESTS, RESETS = 260, 16, 20  # starts for one variant, of each sort
LARGEST = 255  # words of the real machine


@dataclass(frozen=True)
class Parted:
    """Where two runs parted: what differed after how many steps from which start, under which allocation."""

    what: str
    steps: int
    start: Start
    place: tuple[int, int, int]
    user: bool

    def __str__(self) -> str:
        offset, size, whole = self.place
        return f"{self.what}\n  after {self.steps} steps in {size} words at {offset} of {whole}, from {self.start}"


def parted(isa: Isa, seed: int, focus: tuple[str, ...] = (), user_steps: bool = False) -> Parted | None:
    """The first difference found. `user_steps`: only single steps from virtual user mode count, as a hybrid monitor
    runs them directly. Raises MachineError for a machine that the monitor does not take."""
    random = Random(f"states {seed}")
    make = Starts(isa, random, focus)
    for sort, count in (("resets", 0 if user_steps else RESETS), ("states", STATES), ("guests", 0 if user_steps else GUESTS)):
        found = _parted(isa, random, make, sort, count, user_steps)
        if found is not None:
            return found
    return None


def _parted(isa: Isa, random: Random, make: "Starts", sort: str, count: int, user_steps: bool) -> Parted | None:
    rig, taken = None, 0
    for _ in range(count):
        if rig is None or taken >= 40:
            rig, taken = _rig(isa, random, make.size(sort)), 0
        taken += 1
        start = make.start(sort, rig.place[1], user_steps)
        rig.set(start, [random.randrange(1 << isa.word) for _ in range(4)] if taken % 8 == 0 else ())
        if sort != "resets" and not assumed(isa, rig.twin):
            continue
        what, steps = _run(rig, (1,) if user_steps else make.quanta(sort))
        if what:
            return Parted(what, steps, start, rig.place, user_steps)
        if rig.twin.halted:
            rig = None
    return None


def _run(rig: Rig, quanta: tuple[int, ...]) -> tuple[str, int]:
    steps = 0
    for quantum in quanta:
        steps += quantum
        what = rig.run(quantum)
        if what:
            return what, steps
        if rig.twin.halted:
            break
    return "", steps


def _rig(isa: Isa, random: Random, size: int) -> Rig:
    whole = random.choice((LARGEST, LARGEST, 200, size + 40))
    offset = random.choice((random.randint(1, whole - size), random.randint(1, min(9, whole - size)), whole - size))
    return Rig(isa, max(whole, offset + size), offset, size)


def assumed(isa: Isa, machine: Machine) -> bool:
    """Whether what the description assumes holds in the state of a machine."""
    conditions = tuple(a.condition for a in isa.assumptions)
    if not conditions:
        return True
    found = steps_of(isa).values("assumed", conditions)(machine.state.block, machine.storage.cells, machine.engine)
    return all(found) if isinstance(found, tuple) else bool(found)


class Starts:
    """Makes starts for one machine; programs have the instructions of `focus` more often than others."""

    def __init__(self, isa: Isa, random: Random, focus: tuple[str, ...] = ()) -> None:
        self.isa, self.random, self.focus = isa, random, focus or tuple(isa.instructions)
        self.generator = generator(isa)
        self.top = (1 << isa.word) - 1

    def size(self, sort: str) -> int:
        return self.generator.size if sort == "guests" else self.random.choice(SIZES)

    def quanta(self, sort: str) -> tuple[int, ...]:
        return (1, 1, 2) if sort == "states" else (1, 2, 4, 9)

    def start(self, sort: str, size: int, user: bool) -> Start:
        """A start in a machine of so many words; in user mode if that is wanted."""
        if sort == "guests":
            guest = self.generator.guest(self.random)
            return Start(guest.state, [guest.words.get(i, 0) for i in range(size)], guest.seed)
        words = [self._word() for _ in range(size)]
        if sort == "resets":
            fresh = Machine(self.isa, Storage(self.isa.word, size), engine=choose(REFERENCE)).state
            reset = {name: fresh[name] for name in fresh.layout.slots}
            return Start({**reset, self.isa.pc: self.random.randrange(size)}, words)
        state = dict(self._state(size, user))
        base, pc = (_number(self._at(state, role)) for role in (Role.BASE, Role.PC))
        if self.random.random() < 0.8:
            for i in range(3):
                words[(base + pc + i) % size] = self._instruction()
        return Start(state, words, self.random.randrange(4))

    def _at(self, state: Values, role: Role) -> int | list[int]:
        return state[self.isa.the(role).state]

    def _word(self) -> int:
        odds = self.random.random()
        return self._instruction() if odds < 0.5 else self.random.choice((self._small(), self.random.randint(0, self.top)))

    def _instruction(self) -> int:
        names = self.focus if self.random.random() < 0.7 else tuple(self.isa.instructions)
        return self.generator.word_of(self.random, self.random.choice(names)) or 0

    def _small(self) -> int:
        return self.random.randrange(20)

    def _state(self, size: int, user: bool) -> Iterator[tuple[str, int | list[int]]]:
        for state in self.isa.states.values():
            if state.kind is Kind.ARRAY:
                yield state.name, [0 if i in state.zero else self._any(state.width, size) for i in range(state.count)]
            elif state.kind is Kind.SCALAR:
                yield state.name, self._scalar(state, size, user)

    def _scalar(self, state: State, size: int, user: bool) -> int:
        random, top = self.random, (1 << state.width) - 1
        match state.role:
            case Role.HALT:
                return 0
            case Role.PC:
                value = random.choice((random.randrange(size), random.randrange(8), self._any(state.width, size)))
            case Role.BASE:
                value = random.choice((0, 0, 1, random.randrange(8), self._any(state.width, size)))
            case Role.BOUND:
                value = random.choice((size, size - random.randrange(8), top, self._any(state.width, size)))
            case Role.TIMER | Role.PENDING | Role.ENABLE:
                value = random.choice((0, 0, 1, 2, 3, self._any(state.width, size)))
            case _:
                value = self._any(state.width, size)
        mode = self.isa.the(Role.MODE)
        if user and mode.state == state.name:
            value = value & ~(((1 << mode.width) - 1) << mode.low) | modes(self.isa)["user"] << mode.low
        return value & top

    def _any(self, width: int, size: int) -> int:
        """Small numbers, the ends of storage, corners, anything; cut to its width."""
        random = self.random
        found = (self._small(), self._small(), size - random.randrange(3), -random.randrange(3), random.getrandbits(width))
        return random.choice(found) & ((1 << width) - 1)


def _number(value: int | list[int]) -> int:
    assert isinstance(value, int)
    return value
