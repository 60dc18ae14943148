"""Random guests that get hot: loops of many shapes, calls, and what breaks them up.

`proofs.runs.generation` makes guests that hurt a monitor; most of their steps trap. These are made to keep an engine in
translated code and to throw it out of it in every way: registers have callings (addresses, places to jump to, values),
read off what instructions do with their operands, so that accesses are mostly admitted and jumps stay in the program;
stores reach the program too, relocation alternates between two copies of it, clocks ring while it loops.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from isa.description import Instruction, Isa, Kind, Role, State, Use
from isa.encoding import encode_uses
from isa.ir.fold import const
from isa.ir.nodes import FALSE, TRUE, Apply, Const, Element, Expr, Load, Param, Read, SetElement, Store, Write, nodes
from isa.machine import least_storage
from isa.passes.normal import specialise, specialiser
from proofs.runs.generation import Choices, Generator
from proofs.runs.guests import Guest

LENGTH = 28  # words of a program
DATA = 210  # words behind it, some lines of storage, where addresses can be so large
BODY = (*["plain"] * 2, *["storage"] * 3)
CALM = (*["plain"] * 8, *["storage"] * 6, *["branch"] * 6)
KINDS = (*CALM, "system", "system", "call", "channel", "wild")
TIMES = (0, 0, 1, 2, 3, 17, 40, 61, 150, -1)
BUDGETS = (90, 1, 2, 3, 7, 41, 97, 200)


@dataclass(frozen=True)
class Turn:
    """A piece of a run: what is changed from outside before it, its budget in steps, whether it is run as a whole or by
    stopping at every trap, and its breakpoints.

    Guests come to rest in some small loop; being moved, they come back to the same code from elsewhere."""

    steps: int
    state: dict[str, int | list[int]]
    words: dict[int, int]
    whole: bool = True
    breaks: frozenset[int] = frozenset()


@dataclass(frozen=True)
class HotGuest:
    """A guest and how it is run."""

    guest: Guest
    turns: tuple[Turn, ...]

    @property
    def steps(self) -> int:
        return sum(turn.steps for turn in self.turns)


@dataclass
class Callings:
    """The cells of a register file by what they are for."""

    address: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    base: list[int] = field(default_factory=list)
    bound: list[int] = field(default_factory=list)
    zero: list[int] = field(default_factory=list)
    value: list[int] = field(default_factory=list)

    def of(self, calling: str) -> list[int]:
        return getattr(self, calling) or self.value


class HotGenerator(Generator):
    """Makes guests of one machine. The program lies at `first`, and its copy `span` words further on."""

    def __init__(self, isa: Isa) -> None:
        super().__init__(isa)
        self.vectors = {**dict(_vectors(isa)), **self.vectors}
        self.first = -(-max([least_storage(isa), *(at + 1 for at in self.vectors)]) // 16) * 16
        self.span = min(-(-(self.first + LENGTH + DATA) // 32) * 32, ((1 << isa.word) - 1) // 2)
        self.data = self.span - self.first - LENGTH
        self.size = 2 * self.span
        self.files = {s.name: s for s in isa.states.values() if s.kind is Kind.ARRAY}
        self.roles = {i.name: dict(_callings(isa, i)) for i in isa.instructions.values()}
        self.cells = {name: self._cells(file) for name, file in self.files.items()}
        self.entries = [at for at, state in self.vectors.items() if state == isa.pc]
        self.entries += _saved_pcs(isa)
        self.targets = _vector_states(isa)
        self.increments = [found for i in isa.instructions.values() for found in _increments(i)]
        self.branches = [i for i in self._kinds["branch"] if _chooses(isa, i)]
        self.compares = [i for i in self._kinds["plain"] if _compares(i)]
        self._focus = "", 0  # a cell of a register file that is wanted more than others
        self._heads: list[int] = []  # where loops of the present guest begin

    def _cells(self, file: State) -> Callings:
        """Fixed cells that instructions use for addresses or jumps first, then a share of the others."""
        fixed: dict[str, set[int]] = {"address": set(), "target": set()}
        for calling, name, cell in _fixed_cells(self.isa):
            if name == file.name:
                fixed[calling].add(cell)
        cells = Callings(sorted(fixed["address"]), sorted(fixed["target"] - fixed["address"]), zero=sorted(file.zero))
        free = [c for c in range(file.count) if c not in {*file.zero, *cells.address, *cells.target}]
        if not cells.address or len(free) > 4:
            cells.address += [free.pop() for _ in range(min(2, len(free) // 3))]
        if not cells.target:
            cells.target += [free.pop() for _ in range(min(2, len(free) // 3))]
        if len(free) >= 4:
            cells.base, cells.bound = [free.pop()], [free.pop()]
            cells.zero = cells.zero or [free.pop()]
        cells.value = free
        return cells

    def hot_guest(self, choices: Choices, steps: int = 800) -> HotGuest:
        """A guest that runs for `steps` steps or a little more."""
        kinds = choices.choice((KINDS, CALM, CALM))
        words = {self.first + i: self._word_at(choices, self.first + i, kinds) for i in range(LENGTH)}
        self._heads = []
        for _ in range(choices.choice((0, 1, 2, 2, 5))):
            at = self.first + choices.randint(0, LENGTH - 8)
            words.update(enumerate(self._loop(choices, at), at))
            self._heads.append(at)
        words[self.first + LENGTH] = self.jump(self.first + LENGTH, self.first)
        for at, loaded in self.vectors.items():
            words[at] = self._scalar(choices, self.isa.states[loaded], LENGTH, vector=True)
        for _ in range(choices.randint(0, 8)):
            words[self.first + LENGTH + choices.randint(1, self.data - 1)] = self.value(choices, self.isa.word)
        there = {at + self.span: word for at, word in words.items()}
        for _ in range(choices.randint(0, 5)):
            at = self.first + choices.randint(0, LENGTH - 1)
            there[at + self.span] = self._word_at(choices, at, KINDS)
        text = bytes(choices.randint(0, 255) for _ in range(choices.choice((0, 0, 1, 3))))
        interval, seed = choices.choice((40, 7, 300)), choices.randint(0, 3)
        guest = Guest(self.isa, {**words, **there}, {self.isa.pc: self.first}, self.size, text, interval, (1,), seed)
        turns: list[Turn] = []
        while sum(turn.steps for turn in turns) < steps:
            turns.append(self.turn(choices, bool(turns)))
        return HotGuest(guest, tuple(turns))

    def turn(self, choices: Choices, on: bool) -> Turn:
        """What comes next; `on`: the machine may go on as it is."""
        if on and choices.randint(0, 2):
            changed: dict[str, int | list[int]] = {}
        else:
            changed = dict(self._state(choices, LENGTH))
        words = {}
        if on and choices.randint(0, 4) == 4:
            at = self.first + choices.choice((0, 0, self.span)) + choices.randint(0, LENGTH - 1)
            words = {at: self._word_at(choices, at % self.span, CALM)}
        breaks = {self.first + choices.randint(0, LENGTH) for _ in range(max(0, choices.randint(0, 11) - 9))}
        return Turn(choices.choice(BUDGETS), changed, words, bool(choices.randint(0, 4)), frozenset(breaks))

    # ---- words

    def _word_at(self, choices: Choices, at: int, kinds: Sequence[str]) -> int:
        if choices.randint(0, 150) == 150 and self._kinds["stop"]:
            return self._encoded(choices, choices.choice(self._kinds["stop"]))
        kind = choices.choice([kind for kind in kinds if self._kinds.get(kind)])
        if kind == "wild":
            return self._wild(choices)
        instruction = choices.choice(self._kinds[kind])
        values = {use.name: self._operand(choices, instruction, use, at) for use in instruction.uses}
        return encode_uses(instruction, values)

    def word(self, choices: Choices, calm: bool = False) -> int:
        return self._word_at(choices, self.first + choices.randint(0, LENGTH - 1), KINDS)

    def _operand(self, choices: Choices, instruction: Instruction, use: Use, at: int) -> int:
        top = 1 << use.operand.width
        kept = use.extract(use.deposit(top - 1))
        calling, file = self.roles[instruction.name].get(use.name, ("value", ""))
        if use.operand.pcrel is not None:
            return (self._near(choices, at) - self._origin(use, at)) % top & kept
        if use.operand.is_register and file and choices.randint(0, 9):
            if calling in ("address", "value") and file == self._focus[0] and choices.randint(0, 2) == 2:
                return self._focus[1]
            if calling in ("address", "value") and not choices.randint(0, 11):
                calling = "value" if calling == "address" else "address"
            spare = use.name in self._further(instruction, calling) and choices.randint(0, 4)
            if (spare or self._returns(instruction)) and self.cells[file].zero:
                calling = "zero"
            return choices.choice(self.cells[file].of(calling)) % top & kept
        if not use.operand.is_register and calling in ("address", "target"):
            return self._place(choices, instruction, calling) % top & kept
        return choices.choice(self._operands[instruction.name, use.name]) & kept

    def _loop(self, choices: Choices, at: int) -> list[int]:
        """A loop that begins here: a few words, then a register moves by a constant and is compared."""
        if not self.increments or not self.branches:
            return []
        adding, file, immediate = choices.choice(self.increments)
        cell = choices.choice(self.cells[file].address + self.cells[file].value[:2])
        self._focus = file, cell
        body = [self._word_at(choices, at + i, BODY) for i in range(choices.randint(0, 4))]
        by = choices.choice((1, 1, 1, -1, -1, 2, -2, 3, 5, -7))
        fixed = {use.name: cell for use in adding.uses if use.operand.is_register} | {immediate: by}
        body.append(self._with(choices, adding, fixed, at + len(body)))
        branch = choices.choice(self.branches)
        registers = [use.name for use in branch.uses if use.operand.is_register]
        if self.compares and not registers:
            compare = choices.choice(self.compares)
            found = self._compared(choices, compare, file, cell)
            body.append(self._with(choices, compare, found, at + len(body)))
        target = self._compared(choices, branch, file, cell)
        for use in branch.uses:
            if use.operand.pcrel is not None:
                target[use.name] = at - self._origin(use, at + len(body))
            elif self.roles[branch.name].get(use.name, ("",))[0] == "target":
                target[use.name] = 0 if use.operand.is_register else at
        body.append(self._with(choices, branch, target, at + len(body)))
        self._focus = "", 0
        return body

    def _compared(self, choices: Choices, instruction: Instruction, file: str, cell: int) -> dict[str, int]:
        """Registers for a comparison of the cell with another one of its kind."""
        cells, roles = self.cells[file], self.roles[instruction.name]
        others = [c for c in (cells.address if cell in cells.address else cells.value) if c != cell]
        pair = [cell, choices.choice(others or cells.value or [cell])]
        if choices.randint(0, 1):
            pair.reverse()
        names = [u.name for u in instruction.uses if u.operand.is_register and roles.get(u.name) == ("value", file)]
        return dict(zip(names, pair, strict=False))

    def _with(self, choices: Choices, instruction: Instruction, fixed: dict[str, int], at: int) -> int:
        """An instruction with some of its operands given."""
        values = {use.name: self._operand(choices, instruction, use, at) for use in instruction.uses}
        tops = {use.name: 1 << use.operand.width for use in instruction.uses}
        return encode_uses(instruction, values | {name: value % tops[name] for name, value in fixed.items()})

    def _further(self, instruction: Instruction, calling: str) -> list[str]:
        """Operands beside the first that go into one address: only one of them is to count."""
        roles = self.roles[instruction.name]
        names = [u.name for u in instruction.uses if u.operand.is_register and roles.get(u.name, ("",))[0] == calling]
        return names[1:] if calling in ("address", "target") and len(instruction.uses) > 2 else []

    def _returns(self, instruction: Instruction) -> bool:
        """Whether it takes the pc from storage and changes more than a program may: the return from a trap."""
        effects = instruction.behaviour.effects
        from_storage = any(isinstance(e, Write) and e.state == self.isa.pc and _loads(e.value) for e in effects)
        return from_storage and instruction in self._kinds["system"]

    def _place(self, choices: Choices, instruction: Instruction, calling: str) -> int:
        """What an immediate adds to an address, or the address."""
        if self._returns(instruction) and self.entries:
            return choices.choice(self.entries)
        registers = [u for u in instruction.uses if u.operand.is_register]
        if any(self.roles[instruction.name].get(u.name, ("",))[0] == calling for u in registers):
            return choices.choice((0, 0, 0, 1, 2, 3, -1, 5))
        if calling == "target":
            return self._near(choices, self.first + choices.randint(0, LENGTH - 1))
        return self._storage(choices)

    def _near(self, choices: Choices, at: int) -> int:
        """A place in the program, mostly near this one, forward and back alike."""
        by = choices.choice((-3, 2, -5, 3, -8, 2, -2, 4, -12, 1, 6, 0))
        if choices.randint(0, 9) == 9:
            by = choices.randint(-LENGTH, LENGTH)
        return self.first + (at - self.first + by) % (LENGTH + 1)

    def _origin(self, use: Use, at: int) -> int:
        assert use.operand.pcrel is not None
        origin = specialiser(self.isa, {}, {self.isa.pc: at})(use.operand.pcrel)
        assert isinstance(origin, Const)
        return origin.value

    def _storage(self, choices: Choices) -> int:
        """An address of data, now and then of the program."""
        if choices.randint(0, 7) == 7:
            return self.first + choices.randint(0, LENGTH)
        return self.first + LENGTH + 1 + choices.randint(0, self.data - 2)

    def jump(self, at: int, to: int) -> int:
        """A word that goes from one place to another and does nothing else; 0 if the machine has none."""
        goes = (Write(TRUE, self.isa.pc, 0, const(self.isa.states[self.isa.pc].width, to)),)
        for instruction in self.isa.instructions.values():
            for use in (u for u in instruction.uses if not u.operand.is_register):
                aim = to - (self._origin(use, at) if use.operand.pcrel is not None else 0)
                for rest in (0, -1):
                    values = ((u, aim if u is use else 0 if u.operand.is_register else rest) for u in instruction.uses)
                    operands = {u.name: value % (1 << u.operand.width) for u, value in values}
                    found = specialise(self.isa, instruction.behaviour, operands, {self.isa.pc: at})
                    if not found.traps and found.effects == goes:
                        return encode_uses(instruction, operands)
        return 0

    # ---- state

    def _state(self, choices: Choices, length: int) -> Iterator[tuple[str, int | list[int]]]:
        for name, value in super()._state(choices, length):
            yield name, self._file(choices, self.files[name]) if name in self.files else value

    def _file(self, choices: Choices, file: State) -> list[int]:
        cells, found = self.cells[file.name], []
        for cell in range(file.count):
            if cell in cells.zero:
                value = 0
            elif cell in cells.address:
                value = self._storage(choices)
            elif cell in cells.target:
                value = self.first + choices.randint(0, LENGTH)
            elif cell in cells.base:
                value = choices.choice((0, self.span))
            elif cell in cells.bound:
                value = choices.choice((self.span, self.size, self.span, self.first + 9))
            else:
                value = self.value(choices, file.width)
            found.append(value % (1 << file.width))
        return found

    def _scalar(self, choices: Choices, state: State, length: int, vector: bool) -> int:
        """For a trap mostly one that lets nothing interrupt at once: what traps at every step gets nowhere."""
        if state.role is Role.PC and self._heads and choices.randint(0, 1):
            return choices.choice(self._heads)
        found = super()._scalar(choices, state, length, vector)
        if state.role in (Role.MODE, Role.ENABLE, Role.CONTROL) and choices.randint(0, 5):
            for _ in range(8):
                found = self._mode(state, choices.choice(tuple(self.isa.modes.values.values())))
                places = [p for p in self.isa.roles[Role.ENABLE] if p.state == state.name and choices.randint(0, 1)]
                found |= sum(((1 << p.width) - 1) << p.low for p in places)
                if not vector or not self._interrupts(state.name, found):
                    break
        return found

    def _interrupts(self, name: str, value: int) -> bool:
        """Whether the prologue could trap with this value of a scalar, whatever is due."""
        fixed = specialiser(self.isa, {}, {name: value})
        return any(fixed(trap.guard) is not FALSE for trap in self.isa.prologue.traps)

    def _sane_and_wild(self, choices: Choices, state: State) -> tuple[int, int]:
        sane, wild = super()._sane_and_wild(choices, state)
        if state.name in self.targets:
            sane = self.first + choices.randint(0, LENGTH - 1)
        if state.role is Role.BASE:
            sane = choices.choice((0, 0, self.span))
        elif state.role is Role.BOUND:
            sane = choices.choice((self.span, self.span, self.size))
        elif state.role is Role.TIMER:
            sane = choices.choice(TIMES)
        return sane, wild


# ---- what instructions do with their operands


def _callings(isa: Isa, instruction: Instruction) -> Iterator[tuple[str, tuple[str, str]]]:
    """For each operand that matters, what it is for and the register file it chooses from (later ones prevail)."""
    effects = instruction.behaviour.effects
    jumps = any(isinstance(e, Write) and e.state == isa.pc for e in effects)
    for effect in effects:
        if isinstance(effect, SetElement):
            yield from _named(effect.index, "target" if jumps else "value", effect.state)
    everything = list(nodes(*instruction.behaviour.expressions()))
    for node in everything:
        if isinstance(node, Element) and not any(n is node for e in effects for n in _values(isa, e)):
            yield from _named(node.index, "value", node.state)
    for effect in effects:
        if isinstance(effect, Write):
            calling = {isa.pc: "target", **_relocation(isa)}.get(effect.state)
            if calling:
                yield from _used(effect.value, calling)
    places = [n.index for n in everything if isinstance(n, Load)]
    places += [e.index for e in effects if isinstance(e, Store)]
    for place in places:
        yield from _used(place, "address")


def _relocation(isa: Isa) -> dict[str, str]:
    bases = {p.state: "base" for p in isa.roles[Role.BASE]}
    return bases | {p.state: "bound" for p in isa.roles[Role.BOUND]}


def _values(isa: Isa, effect: object) -> Iterator[Expr]:
    if isinstance(effect, Write) and effect.state in {isa.pc, *_relocation(isa)}:
        yield from _sources(effect.value)


def _sources(value: Expr) -> Iterator[Expr]:
    """The nodes that a value is made of, conditions and loads apart."""
    yield value
    parts = value.operands()
    if isinstance(value, Apply) and value.op == "select":
        parts = parts[1:]
    if not isinstance(value, Load):
        for part in parts:
            yield from _sources(part)


def _used(value: Expr, calling: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for node in _sources(value):
        if isinstance(node, Element):
            yield from _named(node.index, calling, node.state)
        elif isinstance(node, Param):
            yield node.name, (calling, "")
    # a parameter that only chooses a cell has been given that cell's file, so it comes last
    for node in _sources(value):
        if isinstance(node, Element):
            yield from _named(node.index, calling, node.state)


def _named(index: Expr, calling: str, file: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for node in nodes(index):
        if isinstance(node, Param):
            yield node.name, (calling, file)


def _fixed_cells(isa: Isa) -> Iterator[tuple[str, str, int]]:
    """Cells that some instruction uses for an address, or a place to jump to, without being told which."""
    for instruction in isa.instructions.values():
        effects = instruction.behaviour.effects
        jumps = any(isinstance(e, Write) and e.state == isa.pc for e in effects)
        everything = list(nodes(*instruction.behaviour.expressions()))
        places = [n.index for n in everything if isinstance(n, Load)]
        places += [e.index for e in effects if isinstance(e, Store)]
        for place in places:
            for node in nodes(place):
                if isinstance(node, Element) and isinstance(node.index, Const):
                    yield "address", node.state, node.index.value
        for effect in effects:
            if jumps and isinstance(effect, SetElement) and isinstance(effect.index, Const):
                yield "target", effect.state, effect.index.value


def _increments(instruction: Instruction) -> Iterator[tuple[Instruction, str, str]]:
    """The instruction, the register file and the immediate operand, if it adds the one to a cell of the other."""
    names = {use.name for use in instruction.uses if not use.operand.is_register}
    for effect in instruction.behaviour.effects:
        match effect:
            case SetElement(_, file, _, Apply(_, "add", (Element(_, source, _), by))) if file == source:
                params = [n.name for n in nodes(by) if isinstance(n, Param)]
                if len(params) == 1 and params[0] in names and not any(isinstance(n, Element) for n in nodes(by)):
                    yield instruction, file, params[0]


def _chooses(isa: Isa, instruction: Instruction) -> bool:
    """Whether it jumps under a condition to a place that it names, and does nothing else."""
    effects = instruction.behaviour.effects
    if len(effects) != 1 or not isinstance(effects[0], Write):
        return False
    relative = any(use.operand.pcrel is not None for use in instruction.uses)
    register = any(isinstance(n, Element) for n in _values(isa, effects[0]))
    choice = effects[0].guard is not TRUE or (isinstance(effects[0].value, Apply) and effects[0].value.op == "select")
    return choice and (relative or not register or len(instruction.uses) > 2)


def _compares(instruction: Instruction) -> bool:
    """Whether it does nothing but note something about two values."""
    effects = instruction.behaviour.effects
    cells = {n for n in nodes(*instruction.behaviour.expressions()) if isinstance(n, Element)}
    return len(cells) > 1 and all(isinstance(e, Write) for e in effects) and not instruction.behaviour.traps


def _loads(value: Expr) -> bool:
    return any(isinstance(n, Load) for n in nodes(value))


def _saved_pcs(isa: Isa) -> list[int]:
    """Where the trap entry stores the pc."""
    stores = [e for e in isa.entry.effects if isinstance(e, Store) and isinstance(e.index, Const)]
    width = isa.states[isa.pc].width
    return [e.index.value for e in stores if e.value is Read(width, isa.pc) and isinstance(e.index, Const)]


def _vectors(isa: Isa) -> Iterator[tuple[int, str]]:
    """The words of storage from which some trap makes state, and which state."""
    for cause in isa.cause.members.values():
        for effect in specialise(isa, isa.entry, {"cause": cause}, {}).effects:
            if isinstance(effect, Write):
                loads = [n for n in nodes(effect.value) if isinstance(n, Load) and isinstance(n.index, Const)]
                yield from ((n.index.value, effect.state) for n in loads if isinstance(n.index, Const))


def _vector_states(isa: Isa) -> set[str]:
    """State from which the trap entry takes the pc."""
    found = (e.value for e in isa.entry.effects if isinstance(e, Write) and e.state == isa.pc)
    return {n.state for value in found for n in _sources(value) if isinstance(n, Read)} - {isa.pc}


@lru_cache(maxsize=64)
def hot_generator(isa: Isa) -> HotGenerator:
    """The generator of a description, made once."""
    return HotGenerator(isa)
