"""Runs of code in Python: straight lines of instructions chained into one function, loops in place.

A block is translated for one pc and one *context*: the state that decides where code lies (for G3 base and bound),
whose values are constants in it. Registers live in local variables. A block never traps and never ticks: where an
instruction would trap, spin, or is of a kind that `plain` excludes, the block stops before it and the engine takes a
single step with `isa.engines.reference.steps`, which is the only judge of traps. So a block is a shortcut that can be
left out.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from isa.classes import dataclass
from isa.description import Instruction, Isa, Kind, Role
from isa.engines.reference.source import PythonSource, Where, bare, compiled, function, identifier, uses
from isa.ir.fold import const, eq, select
from isa.ir.nodes import (
    FALSE,
    TRUE,
    Apply,
    Behaviour,
    Const,
    Effect,
    Element,
    Expr,
    Load,
    Recv,
    Send,
    SetElement,
    Store,
    Unknown,
    Write,
    nodes,
)
from isa.ir.operators import NAMES
from isa.machine.state import Layout, MachineState
from isa.machine.storage import DIRTY, LINE_SHIFT
from isa.machine.time import time_bits
from isa.passes import ways
from isa.passes.normal import Bits, bits_read, bits_written, masks, merge, specialise

LONGEST = 32  # instructions; a longer straight line becomes several blocks


@dataclass(frozen=True, slots=True)
class Line:
    """One instruction of a block: where it stands (`index` in storage) and what it does there, all operands known.

    `follow` is the pc after it where the block can go on, None where it must end."""

    pc: int
    index: int
    text: str
    behaviour: Behaviour
    follow: int | None


class Translator:
    """Makes blocks for one machine description. Knows roles and bits, never an instruction."""

    def __init__(self, isa: Isa) -> None:
        self.isa = isa
        fetch = [*(t.guard for t in isa.fetch.traps), isa.fetch.word]
        touched = [n for n in nodes(*fetch) if isinstance(n, Load | Element | Recv | Unknown)]
        self.context_bits: Bits = frozenset((s, b) for s, b in bits_read(fetch) if s != isa.pc)
        timeless = not self.context_bits & bits_written(isa.prologue)
        self.possible = isinstance(isa.fetch.word, Load) and touched == [isa.fetch.word] and timeless
        self.context = masks(isa, self.context_bits)
        self.halt = frozenset((p.state, b) for p in isa.roles[Role.HALT] for b in range(p.low, p.low + p.width))
        self._time = time_bits(isa)
        mode = frozenset((p.state, b) for p in isa.roles[Role.MODE] for b in range(p.low, p.low + p.width))
        self.fixed = self._time | self.context_bits | self.halt | mode  # what only steps change that stand in no block
        self._halts = bool(self.halt & bits_written(isa.prologue))  # any step may be the last
        moves_pc = (e for e in isa.prologue.effects if isinstance(e, Write) and e.state == isa.pc)
        self.default = Behaviour((), tuple(moves_pc))
        self._plain: dict[str, bool] = {}
        self._quiet: dict[str, bool] = {}

    def plain(self, name: str) -> bool:
        """Whether an instruction may stand in a block: it neither sees nor changes time, moves no code, leaves the mode
        as it is, halts nothing and asks no device."""
        if name not in self._plain:
            self._plain[name] = self._is_plain(self.isa.instructions[name])
        return self._plain[name]

    def quiet(self, name: str) -> bool:
        """Whether it changes nothing of all that, though it may see it."""
        if name not in self._quiet:
            behaviour = self.isa.instructions[name].behaviour
            changes = self._halts or bits_written(behaviour) & self.fixed
            asks = any(isinstance(n, Recv) for n in nodes(*behaviour.expressions()))
            self._quiet[name] = not (changes or asks or any(isinstance(e, Send) for e in behaviour.effects))
        return self._quiet[name]

    def _is_plain(self, instruction: Instruction) -> bool:
        everything = tuple(instruction.behaviour.expressions())
        if not self.quiet(instruction.name) or bits_read(everything) & self._time:
            return False
        return not any(isinstance(n, Unknown) for n in nodes(*everything))

    def line(
        self,
        pc: int,
        index: int,
        instruction: Instruction,
        operands: Mapping[str, int],
        known: Mapping[str, int],
        size: int,
    ) -> Line | None:
        """The instruction as a line of a block, or None if it cannot be one. `known` has the context's whole scalars,
        `size` the words of storage."""
        if not self.plain(instruction.name):
            return None
        behaviour = self.default.then(instruction.behaviour)
        behaviour = merge(self.isa, specialise(self.isa, behaviour, operands, {**known, self.isa.pc: pc}, size))
        text = " ".join([instruction.name, *(f"{name}={value}" for name, value in operands.items())])
        if any(isinstance(n, Element) and not isinstance(n.index, Const) for n in nodes(*behaviour.expressions())):
            return None
        if any(isinstance(e, SetElement) and not isinstance(e.index, Const) for e in behaviour.effects):
            return None
        if any(t.guard is TRUE for t in behaviour.traps):
            return None
        return Line(pc, index, text, behaviour, _follow(self.isa, behaviour, pc))

    def known(self, state: MachineState) -> dict[str, int]:
        """The scalars that the context fixes whole, with their present values."""
        full = {s: mask for s, mask in self.context.items() if mask == (1 << self.isa.states[s].width) - 1}
        return {s: state.block[state.layout.slots[s].first] for s in full}


def _follow(isa: Isa, behaviour: Behaviour, pc: int) -> int | None:
    """Where a straight line goes on: at the only target, or at the target of a branch not taken. A branch backwards
    ends the line, since it is mostly taken, and what follows would only be loaded and saved in vain."""
    target = ways.target(behaviour.effects, isa.pc)
    if isinstance(target, Const):
        return target.value
    match target and ways.fork(target):
        case (_, Const(_, taken), Const(_, other)):
            return other if taken > pc else None
    return None


class BlockSource(PythonSource):
    """The Python reading with the block's state in local variables, and limits on addresses taken from the traps."""

    def __init__(self, where: Where, counts: Counter[Expr], size: int) -> None:
        super().__init__(where, counts, "        ")
        self.storage_size = size
        self.used: dict[str, str] = {}  # local name -> its slot in the block
        self.changed: set[str] = set()
        self.below: dict[Expr, tuple[Expr, int]] = {}  # root -> a value on it that is known to be below a limit

    def local(self, state: str, cell: int | None = None) -> str:
        block, first = self.where[state]
        name = identifier(state) if cell is None else f"{identifier(state)}{cell}"
        self.used.setdefault(name, f"{block}[{first + (cell or 0)}]")
        return name

    def read(self, state: str, width: int) -> str:
        return self.local(state)

    def element(self, state: str, index: str, node: Element) -> str:
        assert isinstance(node.index, Const)
        return self.local(state, node.index.value)

    def load(self, index: str, node: Load) -> str:
        proved = self.in_range(node.index)
        if proved is not None:
            return f"m[{proved}]"
        index = self.named(index, "i")
        return f"(m[{index}] if {index} < {self.storage_size} else 0)"

    def size(self, width: int) -> str:
        return str(self.storage_size)

    def kept(self, text: str, hint: str) -> str:
        """A name for the text that keeps its value while effects are written. Registers are locals here, and change."""
        return self.named(text, hint, always=text in self.used)

    def settled(self, expr: Expr, several: bool) -> str:
        text = self.value(expr)
        return self.kept(text, "value") if several else text

    def refuted(self, guard: Expr) -> None:
        """Note what is known once a trap's guard was false: `limit <= v` false puts v below the limit."""
        if isinstance(guard, Apply) and guard.op == "either":
            for operand in guard.args:
                self.refuted(operand)
        elif isinstance(guard, Apply) and guard.op == "ule" and isinstance(guard.args[0], Const):
            value, limit = guard.args[1], guard.args[0].value
            self.below[_offset(value)[0]] = (value, limit)

    def in_range(self, index: Expr) -> str | None:
        """The text of an index that is proved to lie in storage, without its mask; None if it is not proved."""
        root, offset = _offset(index)
        value, limit = self.below.get(root, (index, 1 << index.width))
        by = (offset - _offset(value)[1]) % (1 << index.width)
        if limit + by > self.storage_size:
            return None
        return f"{self.value(value)} + {hex(by)}" if by else self.value(value)


def _offset(value: Expr) -> tuple[Expr, int]:
    """A value as a root and a constant added to it."""
    if isinstance(value, Apply) and value.op == "add" and isinstance(value.args[1], Const):
        return value.args[0], value.args[1].value
    return value, 0


def block_source(translator: Translator, layout: Layout, lines: list[Line], size: int) -> str:
    """The source of `block(s, m, lines, touch, limit)`: runs up to `limit` steps, at least `len(lines)`, from the first
    line's pc, and returns how many it ran."""
    where = {name: ("s", slot.first) for name, slot in layout.slots.items()}
    source = BlockSource(where, Counter(), size)
    source.reserve({*_ARGUMENTS, "n", "pc", *_state_names(translator.isa)})
    writer = _Writer(translator.isa, source, [line.pc for line in lines])
    for number, line in enumerate(lines):
        writer.line(number, line)
    body = source.lines
    pc = f"s[{where[translator.isa.pc][1]}]"
    loads = [f"    {name} = {slot}" for name, slot in source.used.items()]
    saves = [f"    {source.used[name]} = {name}" for name in source.used if name in source.changed]
    if writer.loops:
        frame = [f"    while n + {len(lines)} <= limit:", *body, "    else:", f"        pc = {hex(lines[0].pc)}"]
    else:
        frame = ["    while True:", *body]
    return function("block", _ARGUMENTS, ["    n = 0", *loads, *frame, *saves, f"    {pc} = pc", "    return n"])


_ARGUMENTS = ("s", "m", "lines", "touch", "limit")


def compiled_block(source: str) -> Callable[..., int]:
    return compiled(source, "block", NAMES)


def _state_names(isa: Isa) -> set[str]:
    names = set()
    for state in isa.states.values():
        if state.kind is Kind.ARRAY:
            names |= {f"{identifier(state.name)}{i}" for i in range(state.count)}
        names.add(identifier(state.name))
    return names


class _Writer:
    """Writes the lines of one block. `pcs` are their addresses."""

    def __init__(self, isa: Isa, source: BlockSource, pcs: list[int]) -> None:
        self.isa, self.source, self.pcs = isa, source, pcs
        self.loops = False

    def line(self, number: int, line: Line) -> None:
        source = self.source
        source.counts = uses(line.behaviour.expressions())
        source.values.clear()
        source.below.clear()
        source.emit(f"# {line.pc:#x}: {line.text}")
        for trap in line.behaviour.traps:
            source.emit(f"if {bare(source.value(trap.guard))}: {self._leave(hex(line.pc), number)}")
            source.refuted(trap.guard)
        pc = self.isa.pc
        targets = [e.value for e in line.behaviour.effects if isinstance(e, Write) and e.state == pc]
        effects = [e for e in line.behaviour.effects if not (isinstance(e, Write) and e.state == pc)]
        self._effects(number, effects, targets[0] if targets else Const(self.isa.states[pc].width, line.pc))

    def _effects(self, number: int, effects: list[Effect], target: Expr) -> None:
        """Values first, then writes, then the jump; a spin stops before it has happened."""
        here = self.pcs[number]
        if not effects and _condition(target, here) is not FALSE:
            self.source.emit(self._spin(number, target))
            target = _without(target, here)
        jump = self._target(target, bool(effects))
        prepared = [self._prepare(e, len(effects) > 1) for e in effects]
        tests = [self._write(e, *texts) for e, texts in zip(effects, prepared, strict=True)]
        self._jump(number, target, jump, [t for t in tests if t])

    def _target(self, target: Expr, settle: bool) -> tuple[str, str]:
        """The new pc as text, and the condition of a conditional jump: both from the state before the effects."""
        source = self.source
        condition = source.value(target.args[0]) if isinstance(target, Apply) and target.op == "select" else ""
        if settle and condition:
            condition = source.kept(condition, "taken")
            source.values[target.operands()[0]] = condition
        text = source.value(target)
        return source.kept(text, "target") if settle else text, condition

    def _prepare(self, effect: Effect, settle: bool) -> tuple[str, str, str]:
        """Place, value and guard of an effect as text; the place of a store is bare if proved to lie in storage."""
        source = self.source
        guard = "" if effect.guard is TRUE else source.settled(effect.guard, settle)
        place = ""
        if isinstance(effect, Store):
            proved = source.in_range(effect.index)
            text = proved if proved is not None else source.value(effect.index)
            place = source.kept(text, "i") if settle else source.named(text, "i")
            if proved is None:
                inside = f"{place} < {source.storage_size}"
                guard = f"({guard} and {inside})" if guard else inside
        return place, source.settled(effect.value, settle), bare(guard)

    def _write(self, effect: Effect, place: str, value: str, guard: str) -> str:
        """Emits one write; for a store returns the test that code was overwritten."""
        source = self.source
        when = f"if {guard}: " if guard else ""
        match effect:
            case Store():
                source.emit(f"{when}m[{place}] = {bare(value)}")
                test = f"lines[{place} >> {LINE_SHIFT}] != {DIRTY} and touch({place})"
                return f"({guard}) and {test}" if guard else test
            case SetElement(_, state, Const(_, cell), _):
                name = source.local(state, cell)
            case _:
                name = source.local(effect.state)  # type: ignore[union-attr]
        source.changed.add(name)
        source.emit(f"{when}{name} = {bare(value)}")
        return ""

    def _jump(self, number: int, target: Expr, jump: tuple[str, str], overwritten: list[str]) -> None:
        """Go where the pc says. After a store into code the block stops, since what follows may have changed."""
        emit, (place, condition) = self.source.emit, jump
        if overwritten:  # every store is noted, whatever the one before it met
            noted = overwritten[0] if len(overwritten) == 1 else " | ".join(f"({test})" for test in overwritten)
            emit(f"if {noted}: {self._leave(place, number + 1)}")
        following = self.pcs[number + 1] if number + 1 < len(self.pcs) else None
        match target:
            case Const(_, to):
                if to != following:
                    emit(self._go(to, number + 1))
            case Apply(_, "select", (_, Const(_, to), Const(_, other))) if other == following:
                emit(f"if {bare(condition)}: {self._go(to, number + 1)}")
            case Apply(_, "select", (_, Const(_, to), Const(_, other))) if self.pcs[0] in (to, other):
                emit(f"if {bare(condition)}: {self._go(to, number + 1)}")
                emit(self._go(other, number + 1))
            case _:
                emit(self._leave(place, number + 1))

    def _go(self, to: int, ran: int) -> str:
        if to == self.pcs[0]:
            self.loops = True
            return f"n += {ran}; continue"
        return self._leave(hex(to), ran)

    def _leave(self, pc: str, ran: int) -> str:
        return f"pc = {bare(pc)}; " + (f"n += {ran}; " if ran else "") + "break"

    def _spin(self, number: int, target: Expr) -> str:
        """Stop before an instruction that would do nothing but come back to itself."""
        here = self.pcs[number]
        condition = _condition(target, here)
        leave = self._leave(hex(here), number)
        return leave if condition is TRUE else f"if {bare(self.source.value(condition))}: {leave}"


def _condition(target: Expr, here: int) -> Expr:
    """When a target is `here`."""
    match target:
        case Const(_, to):
            return TRUE if to == here else FALSE
        case Apply(_, "select", (condition, then, otherwise)):
            return select(condition, _condition(then, here), _condition(otherwise, here))
    return eq(target, const(target.width, here))


def _without(target: Expr, here: int) -> Expr:
    """The target once it is known not to be `here`."""
    match target:
        case Apply(_, "select", (_, Const(_, to), otherwise)) if to == here:
            return otherwise
        case Apply(_, "select", (_, then, Const(_, to))) if to == here:
            return then
    return target
