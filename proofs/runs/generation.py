"""Random guests for any machine description, meant to run long and to hurt.

Nothing here knows an instruction or a machine: what to weigh is read off formats, operand types, roles and the trap
entry. Branches are near, addresses and relocation lie around the program and its storage, trap vectors lead back into
the program, registers hold instructions for stores to plant, timers are short, and some words are no instruction.

Choices come from anything that can `choice` and `randint`: a seeded `random.Random` in reports, a property-testing
library in tests. First alternatives are the simplest, so that what shrinks towards them becomes readable.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from isa.description import Instruction, Isa, Kind, Role, State, Use
from isa.encoding import decoder, encode_uses
from isa.ir.nodes import Behaviour, Const, Load, Recv, Send, Store, Write, nodes
from isa.machine import least_storage
from isa.machine.storage import page_shift
from isa.passes.normal import bits_read, bits_written, specialise
from isa.passes.partition import ordinary_bits
from proofs.definitions.classification import UNASSIGNED
from proofs.runs.guests import Guest

T = TypeVar("T")
LENGTH = 24  # words of a program
ROOM = 120  # words of storage after the trap area
WEIGHTS = {"plain": 5, "branch": 4, "storage": 5, "system": 5, "channel": 2, "call": 1, "wild": 1}
CALM = ("plain", "branch", "storage")  # most words of every other guest
QUANTA = (40, 1, 2, 3, 7, 41, 97)


class Choices(Protocol):
    def choice(self, seq: Sequence[T], /) -> T: ...
    def randint(self, a: int, b: int, /) -> int: ...


class Generator:
    """Makes guests of one machine. `first` is where a program begins, `size` how many words of storage it has."""

    def __init__(self, isa: Isa) -> None:
        self.isa = isa
        self.vectors = dict(_vectors(isa))
        self.first = -(-max([least_storage(isa), *(at + 1 for at in self.vectors)]) // 16) * 16
        self.size = self.first + ROOM
        self.top = (1 << isa.word) - 1
        self._decoder = decoder(isa)
        self._kinds = _kinds(isa)
        self._weighted = [kind for kind, weight in WEIGHTS.items() for _ in range(weight) if self._kinds.get(kind)]
        self._calm = [kind for kind in self._weighted if kind in CALM] or self._weighted
        uses = [(i.name, use) for i in isa.instructions.values() for use in i.uses]
        self._operands = {(name, use.name): self._operand_values(use) for name, use in uses}

    def guest(self, choices: Choices, steps: int = 120) -> Guest:
        """A guest that runs for `steps` steps or a little more."""
        length = choices.choice((2, LENGTH, LENGTH, 12))
        calm = choices.choice((True, False))
        words = {self.first + i: self.word(choices, calm) for i in range(length)}
        for at, loaded in self.vectors.items():
            words[at] = self._scalar(choices, self.isa.states[loaded], length, vector=True)
        for _ in range(choices.randint(0, 6)):
            words[choices.randint(0, self.size - 1)] = self.value(choices, self.isa.word)
        text = bytes(choices.randint(0, 255) for _ in range(choices.choice((0, 0, 1, 3))))
        quanta: list[int] = []
        while sum(quanta) < steps:
            quanta.append(choices.choice(QUANTA))
        state = dict(self._state(choices, length))
        interval, seed = choices.choice((40, 1, 3)), choices.randint(0, 3)
        return Guest(self.isa, words, state, self.size, text, interval, tuple(quanta), seed)

    # ---- words

    def word(self, choices: Choices, calm: bool = False) -> int:
        """A word of a program: mostly an instruction, rarely one that stops the machine or none at all; in a `calm`
        program few that trap in user mode."""
        if choices.randint(0, 60) == 60 and self._kinds["stop"]:
            return self._encoded(choices, choices.choice(self._kinds["stop"]))
        kind = choices.choice(self._calm if calm and choices.randint(0, 7) < 7 else self._weighted)
        return self._wild(choices) if kind == "wild" else self._encoded(choices, choices.choice(self._kinds[kind]))

    def word_of(self, choices: Choices, name: str) -> int | None:
        """A word of this instruction, or an unassigned one; None for a name that is neither."""
        if name == UNASSIGNED:
            return self._wild(choices)
        found = self.isa.instructions.get(name)
        return self._encoded(choices, found) if found else None

    def names(self, kind: str) -> list[str]:
        """The instructions of one of the kinds that are weighed, or that stop the machine."""
        return [instruction.name for instruction in self._kinds[kind]]

    def _encoded(self, choices: Choices, instruction: Instruction) -> int:
        values = {use.name: choices.choice(self._operands[instruction.name, use.name]) for use in instruction.uses}
        return encode_uses(instruction, values)

    def _wild(self, choices: Choices) -> int:
        """A word that is no instruction, if there is one nearby."""
        for _ in range(8):
            word = choices.choice((0, self.top, choices.randint(0, self.top)))
            if self._decoder.find(word) is None:
                return word
        return 0

    def _operand_values(self, use: Use) -> list[int]:
        """Bits for one operand: few registers, near branches, corners and addresses of the program."""
        top = 1 << use.operand.width
        kept = use.extract(use.deposit(top - 1))
        if use.operand.is_register:
            wanted = [0, 1, 1, 2, 2, 3, top - 1]
        elif use.operand.pcrel is not None:
            wanted = [*range(7), *range(-9, 0)]
        else:
            wanted = [0, 1, 1, 2, 3, 5, -1, -2, top >> 1, self.first, self.first + 5, self.size - 1, self.size]
        return [v % top & kept for v in wanted]

    # ---- state

    def value(self, choices: Choices, width: int) -> int:
        """Small numbers, addresses around the program and the ends of its storage, corners, instructions."""
        match choices.randint(0, 7):
            case 0 | 1:
                found = choices.randint(0, 20)
            case 2 | 3 | 4:
                found = self.first + choices.randint(-2, LENGTH)
            case 5:
                found = self.word(choices)
            case 6:
                found = self.first + choices.randint(0, self.size - self.first)
            case _:
                found = choices.choice(self._corners(width))
        return found % (1 << width)

    def _corners(self, width: int) -> list[int]:
        page = 1 << page_shift(self.isa.word)
        ends = [self.size - 1, self.size, self.size + 1, page, page - 1, 2 * page]
        return [0, -1, -2, 1 << (width - 1), (1 << (width - 1)) - 1, *ends, *(-e for e in ends)]

    def _state(self, choices: Choices, length: int) -> Iterator[tuple[str, int | list[int]]]:
        for state in self.isa.states.values():
            if state.kind is Kind.ARRAY and choices.randint(0, 15):
                cells = [self.value(choices, state.width) for _ in range(state.count)]
                yield state.name, [0 if i in state.zero else v for i, v in enumerate(cells)]
            elif state.kind is Kind.SCALAR and state.role is not Role.HALT:
                yield state.name, self._scalar(choices, state, length, vector=False)

    def _scalar(self, choices: Choices, state: State, length: int, vector: bool) -> int:
        """A value by role. What a trap vector loads is gentler, so that most guests survive their traps."""
        if state.role is Role.PC:
            return self.first + choices.randint(0, length - 1)
        sane, wild = self._sane_and_wild(choices, state)
        if vector and state.role in (Role.MODE, Role.ENABLE, Role.CONTROL):
            sane = self._mode(state, choices.choice(tuple(self.isa.modes.values.values())))
            sane |= self._enabled(state) if choices.randint(0, 4) == 4 else 0
        odds = 15 if vector else 5
        found = wild if choices.randint(0, odds) == odds else sane
        return found % (1 << state.width)

    def _mode(self, state: State, mode: int) -> int:
        """A control word of this mode with everything else off."""
        place = self.isa.the(Role.MODE)
        return mode << place.low if place.state == state.name else 0

    def _enabled(self, state: State) -> int:
        """The bits of a control word that let interrupts in."""
        places = (p for p in self.isa.roles[Role.ENABLE] if p.state == state.name)
        return sum(((1 << p.width) - 1) << p.low for p in places)

    def _sane_and_wild(self, choices: Choices, state: State) -> tuple[int, int]:
        size, anything = self.size, self.value(choices, state.width)
        match state.role:
            case Role.BASE:
                return 0, choices.choice((1, 7, self.first, size - 1, size, -1, anything))
            case Role.BOUND:
                return size, choices.choice((size + 1, size // 2, self.first + 4, 5, 0, -1, anything))
            case Role.TIMER | Role.RESOURCE:
                return choices.choice((7, 0, 1, 2, 3, 5, 12, 30, 33, 34)), choices.choice((-1, -2, anything))
            case Role.PENDING:
                return choices.choice((0, 0, 0, 0, 1)), choices.choice((0, 4, anything))
            case Role.MODE | Role.ENABLE | Role.CONTROL:
                return choices.randint(0, min(3, (1 << state.width) - 1)), anything
        return anything, anything


def _kinds(isa: Isa) -> dict[str, list[Instruction]]:
    """The instructions by what is worth weighing."""
    found: dict[str, list[Instruction]] = {kind: [] for kind in (*WEIGHTS, "stop")}
    for instruction in isa.instructions.values():
        found[_kind(isa, instruction)].append(instruction)
    return {**found, "wild": list(isa.instructions.values())}


def _kind(isa: Isa, instruction: Instruction) -> str:
    behaviour = instruction.behaviour
    written = {e.state for e in behaviour.effects if isinstance(e, Write)}
    reached = list(nodes(*behaviour.expressions()))
    rules: list[tuple[str, Callable[[], bool]]] = [
        ("stop", lambda: bool(written & {p.state for p in isa.roles[Role.HALT]})),
        ("call", lambda: not behaviour.effects),
        ("channel", lambda: any(isinstance(e, Send | Recv) for e in (*behaviour.effects, *reached))),
        ("system", lambda: _touches_system(isa, behaviour)),
        ("storage", lambda: any(isinstance(e, Store | Load) for e in (*behaviour.effects, *reached))),
        ("branch", lambda: isa.pc in written),
    ]
    return next((kind for kind, fits in rules if fits()), "plain")


def _touches_system(isa: Isa, behaviour: Behaviour) -> bool:
    """Whether it reads or writes anything that is not ordinary, its relocated accesses apart."""
    seen = [t.guard for t in behaviour.traps if not t.view]
    for effect in behaviour.effects:
        seen += [e for e in (effect.guard, effect.value) if not any(isinstance(n, Load) for n in nodes(e))]
    ordinary = {(s.name, b) for s in isa.scalars() for low, width in ordinary_bits(s) for b in range(low, low + width)}
    return bool((bits_read(seen) | bits_written(behaviour)) - ordinary)


def _vectors(isa: Isa) -> Iterator[tuple[int, str]]:
    """The words of storage from which some trap loads state, and which state."""
    for cause in isa.cause.members.values():
        for effect in specialise(isa, isa.entry, {"cause": cause}, {}).effects:
            match effect:
                case Write(_, state, _, Load(_, Const(_, at))):
                    yield at, state


@lru_cache(maxsize=64)
def generator(isa: Isa) -> Generator:
    """The generator of a description, made once."""
    return Generator(isa)
