"""Random programs for any machine description: words, initial state, trap vectors, console input, how a run is cut up.

Nothing here knows an instruction or a machine: what to weigh is read off operand types, roles and the trap entry.
Programs are meant to run long and to hurt: most instructions are plain, branches are near, addresses and relocation
lie around the program and its storage, trap vectors lead back into the program, and some words are no instruction.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hypothesis import strategies as st

from isa.description import Instruction, Isa, Kind, Role, State, Use
from isa.devices import BLOCK, Console, Disk, MemoryBacking, Ports, RandomSource, Script, attach
from isa.devices.catalogue import misfit
from isa.encoding import encode_uses
from isa.engines.choice import DEFAULT, choose
from isa.ir.fold import const
from isa.ir.nodes import TRUE, Const, Load, Store, Write
from isa.machine import Machine, Storage
from isa.machine.machine import EngineFactory
from isa.passes.normal import specialise, specialiser

FIRST, LENGTH = 32, 24  # where a program lies, and how many words it has at most
USUAL = choose(DEFAULT)
SIZE = 160  # words of storage
INTERVAL = 40  # steps between two characters of input
Draw = Callable[..., Any]


@dataclass(frozen=True)
class Program:
    """A whole start: it can be loaded like an image, and `start` sets the state that an image does not have."""

    isa: Isa = field(repr=False)
    words: dict[int, int]
    state: dict[str, int | list[int]]
    text: bytes = b""
    budgets: tuple[int, ...] = (1000,)
    size: int = SIZE
    seed: int = 0

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """For failures: a description is too long to print."""
        printer.text(repr(self))

    # ---- what `Machine.load` asks of an image

    @property
    def entry(self) -> int:
        pc = self.state.get(self.isa.pc, FIRST)
        assert isinstance(pc, int)
        return pc

    @property
    def segments(self) -> "Sequence[Word]":
        return [Word(address, (word,)) for address, word in self.words.items()]

    def check(self, isa: Isa) -> None:
        pass

    # ---- machines

    def ports(self) -> Ports:
        """New devices, equal each time; as many as the machine has room for."""
        disk = Disk(MemoryBacking(bytes(range(256)) * (3 * BLOCK * 8 // 256)), self.isa.word)
        devices = (Console(Script(self.text, INTERVAL)), disk, RandomSource(self.isa.word, self.seed))
        return attach(self.isa, *(d for d in devices if not misfit(self.isa, d.name, d.ports)))

    def start(self, machine: Machine) -> Machine:
        """Load the program and set the state that it starts in."""
        machine.load(self)
        for name, value in self.state.items():
            machine.state[name] = value
        return machine

    def bare(self, engine: EngineFactory = USUAL) -> Machine:
        storage = Storage(self.isa.word, self.size)
        return self.start(Machine(self.isa, storage, self.ports(), self.seed, engine=engine))

    @property
    def budget(self) -> int:
        return sum(self.budgets)


@dataclass(frozen=True)
class Word:
    """A segment of one word."""

    address: int
    words: tuple[int, ...]


# ---- words


@cache
def programs(isa: Isa, steps: int = 300) -> st.SearchStrategy[Program]:
    """Programs of this machine, each with a start for it; the budgets sum up to `steps` or a little more."""
    codes = st.lists(words(isa), min_size=6, max_size=LENGTH)
    contents = st.dictionaries(st.integers(0, SIZE - 1), values(isa.word), max_size=8)
    loaded = {at: scalar(isa.states[state], True) for at, state in vector_words(isa).items()}
    scalars = {s.name: scalar(s, False) for s in isa.scalars() if s.role is not Role.HALT}
    arrays = {s.name: register_file(isa, s) for s in isa.states.values() if s.kind is Kind.ARRAY}
    cuts = st.lists(st.sampled_from([1, 2, 3, 40, 41, 97, steps]), max_size=5)
    texts, seeds = st.binary(max_size=3), st.integers(0, 3)

    @st.composite
    def whole(draw: Draw) -> Program:
        code, data = draw(codes), draw(contents)
        vectors, state, files = ({n: draw(s) for n, s in part.items()} for part in (loaded, scalars, arrays))
        budgets, text, seed = draw(cuts), draw(texts), draw(seeds)
        around = {FIRST + i: code[i % len(code)] for i in range(LENGTH)}
        content = {**data, **around, **vectors, FIRST + LENGTH: way_back(isa)}
        return Program(isa, content, {**state, **files}, text, (*budgets, steps), seed=seed)

    return whole()


def mixed(*parts: tuple[int, st.SearchStrategy[int]]) -> st.SearchStrategy[int]:
    """One of the strategies, by weight. Not `one_of`, which would weigh what a nested `one_of` chooses from."""
    weighted = [part for weight, part in parts for _ in range(weight)]

    @st.composite
    def chosen(draw: Draw) -> int:
        return draw(weighted[draw(st.integers(0, len(weighted) - 1))])

    return chosen()


def words(isa: Isa) -> st.SearchStrategy[int]:
    """Mostly instructions; those that stop the machine are rare, and so are words that mean nothing."""
    return mixed((20, _common(isa)), (4, _branching(isa)), (3, _storing(isa)), (1, _rare(isa)))


@cache
def _branching(isa: Isa) -> st.SearchStrategy[int]:
    near = [i for i in isa.instructions.values() if any(use.operand.pcrel is not None for use in i.uses)]
    return st.one_of([instruction_words(i) for i in near])


@cache
def _storing(isa: Isa) -> st.SearchStrategy[int]:
    found = [i for i in isa.instructions.values() if any(isinstance(e, Store) for e in i.behaviour.effects)]
    return st.one_of([instruction_words(i) for i in found])


@cache
def _common(isa: Isa) -> st.SearchStrategy[int]:
    return st.one_of([instruction_words(i) for i in isa.instructions.values() if not stops(isa, i)])


@cache
def _rare(isa: Isa) -> st.SearchStrategy[int]:
    stopping = [instruction_words(i) for i in isa.instructions.values() if stops(isa, i)]
    return mixed(*((1, words) for words in stopping), (1, values(isa.word)))


@cache
def way_back(isa: Isa) -> int:
    """A jump from behind the program to its first word, so that what ran runs again; 0 if the machine has none."""
    there = {isa.pc: FIRST + LENGTH}
    for instruction in isa.instructions.values():
        relative = [use for use in instruction.uses if use.operand.pcrel is not None]
        if len(relative) == 1 and relative[0].operand.pcrel is not None:
            origin = specialiser(isa, {}, there)(relative[0].operand.pcrel)
            assert isinstance(origin, Const)
            distance = (FIRST - origin.value) % (1 << relative[0].operand.width)
            operands = {use.name: distance if use is relative[0] else 0 for use in instruction.uses}
            jump = specialise(isa, instruction.behaviour, operands, there)
            if not jump.traps and jump.effects == (Write(TRUE, isa.pc, 0, const(isa.word, FIRST)),):
                return encode_uses(instruction, operands)
    return 0


def stops(isa: Isa, instruction: Instruction) -> bool:
    """Whether the instruction may halt the machine, or does nothing but trap."""
    halts = {p.state for p in isa.roles[Role.HALT]}
    effects = instruction.behaviour.effects
    return not effects or any(isinstance(e, Write) and e.state in halts for e in effects)


def instruction_words(instruction: Instruction) -> st.SearchStrategy[int]:
    """Encodings of one instruction, operands drawn around what hurts."""
    operands = st.fixed_dictionaries({use.name: operand_values(use) for use in instruction.uses})
    return operands.map(lambda values: encode_uses(instruction, values))


def operand_values(use: Use) -> st.SearchStrategy[int]:
    """Bits for one operand: few registers, near branches, corners and addresses of the program."""
    kept = use.extract(use.deposit((1 << use.operand.width) - 1))
    top = 1 << use.operand.width
    if use.operand.is_register:
        wanted = [0, 1, 1, 2, 2, 3, top - 1]
    elif use.operand.pcrel is not None:
        wanted = [*range(-9, 7)]
    else:
        wanted = [0, 1, 1, 2, 3, 5, -1, -2, top >> 1, FIRST, FIRST + 5, SIZE - 1, SIZE]
    return st.sampled_from([v % top & kept for v in wanted])


@cache
def values(width: int) -> st.SearchStrategy[int]:
    """Corners of a word, addresses around the program, small numbers, anything."""
    top = 1 << width
    corners = [0, 1, top - 1, top >> 1, (top >> 1) - 1, SIZE - 1, SIZE, SIZE + 1]
    near = st.integers(FIRST - 2, FIRST + LENGTH).map(lambda v: v % top)
    small = st.integers(0, min(top - 1, 20))
    return mixed((6, near), (4, small), (1, st.sampled_from(corners).map(lambda v: v % top)))


# ---- state


def register_file(isa: Isa, state: State) -> st.SearchStrategy[list[int]]:
    """Mostly addresses and small numbers; now and then an instruction, to be stored somewhere."""
    value = values(state.width)
    code = words(isa).map(_cut(state))
    cells = st.lists(mixed((4, value), (1, code)), min_size=state.count, max_size=state.count)
    return cells.map(lambda found: [0 if i in state.zero else v for i, v in enumerate(found)])


def scalar(state: State, vector: bool) -> st.SearchStrategy[int]:
    """A value by role. What a trap vector loads is gentler, so that most programs survive their traps."""
    if state.role is Role.PC:
        return st.integers(FIRST, FIRST + LENGTH - 1)
    if state.role is Role.BASE:
        wild = [SIZE] if vector else [1, 7, FIRST, SIZE - 1, SIZE, -1]
        return st.sampled_from([0] * (9 if vector else 18) + wild).map(_cut(state))
    if state.role is Role.BOUND:
        wild = [SIZE // 2] if vector else [SIZE + 1, SIZE // 2, FIRST + 4, 5, 0, -1]
        return st.sampled_from([SIZE] * (9 if vector else 18) + wild).map(_cut(state))
    if state.role in (Role.TIMER, Role.RESOURCE):
        return st.sampled_from([0, 1, 2, 3, 7, 30, 33, 34, 100, -1, -2]).map(_cut(state))
    if state.role is Role.PENDING:
        return st.sampled_from([0, 0, 0, 1, 4]).map(_cut(state))
    if state.role in (Role.MODE, Role.ENABLE, Role.CONTROL) or any(f.role is Role.MODE for f in state.fields):
        some = st.integers(0, min(3, (1 << state.width) - 1))
        return mixed((8, st.just(0)), (1, some)) if vector else mixed((2, some), (1, values(state.width)))
    return values(state.width)


def _cut(state: State) -> Callable[[int], int]:
    return lambda value: value % (1 << state.width)


@cache
def _vectors(isa: Isa) -> tuple[tuple[int, str], ...]:
    return tuple(_found_vectors(isa))


def vector_words(isa: Isa) -> dict[int, str]:
    """The words of storage from which some trap loads state, and which state."""
    return dict(_vectors(isa))


def _found_vectors(isa: Isa) -> Iterator[tuple[int, str]]:
    for cause in isa.cause.members.values():
        for effect in specialise(isa, isa.entry, {"cause": cause}, {}).effects:
            match effect:
                case Write(_, state, _, Load(_, Const(_, at))):
                    yield at, state
