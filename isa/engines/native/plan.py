"""What the native code of one description is made from: its steps, its traps' sites, what is hoisted, its records.

A *record* is a word made ready: the number of its handler, then its operands, each in bytes of its own. Handlers are
made of the plain instructions. Where an effect is guarded by a condition on operands alone (a register that always
reads as zero), there is one handler for each truth of it, and the choice is made once, when the word is decoded.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache

from isa.classes import dataclass
from isa.description import Instruction, Isa, Role
from isa.engines.native.frame import MOST_REWRITTEN
from isa.engines.native.values import cell_bits
from isa.engines.reference.steps import Steps, steps_of
from isa.ir.fold import rewriter, truth
from isa.ir.nodes import (
    TRUE,
    Behaviour,
    Const,
    Element,
    Expr,
    Load,
    Origin,
    Param,
    Read,
    Recv,
    Send,
    Size,
    Store,
    TrapIf,
    Unknown,
    nodes,
)
from isa.machine.identity import meaning_digest
from isa.passes.normal import Bits, bits_read, bits_written, merge
from isa.passes.windows import Narrowed, Window, fetch_window, hoisted, narrowed

HEAD, MOST = 2, 16  # bytes of a record before its operands (the number of the handler), and in all


@dataclass(frozen=True, slots=True)
class Operand:
    """An operand's place in a record."""

    name: str
    width: int
    offset: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Handler:
    """An instruction as it runs in threaded code, under the condition that `choice` (over operands) is `when`.

    `behaviour` is merged; its access guards are single comparisons; the indexes in `inside` need no check. `spins`: it
    may come back to itself with nothing changed but time. `crosses`: the context may be another one afterwards."""

    instruction: Instruction
    choice: Expr | None
    when: bool
    behaviour: Behaviour
    inside: frozenset[Expr]
    operands: tuple[Operand, ...]
    spins: bool
    crosses: bool


class Plan:
    """See the module. Raises nothing: a description that cannot run fast has no handlers, and is stepped singly."""

    def __init__(self, isa: Isa) -> None:
        self.isa = isa
        self.steps: Steps = steps_of(isa)
        self.layout = self.steps.layout
        self.translator = self.steps.translator
        self.digest = meaning_digest(isa)
        self.cell_bits = cell_bits(isa.word)
        self.pc_width = isa.states[isa.pc].width
        self.instructions = tuple(isa.instructions.values())
        time = self.steps.time
        self.fast = self.translator.possible and time is not None and self.window is not None

    @cached_property
    def possible(self) -> bool:
        """Whether native code can be made at all: a step overwrites no more words than a frame has room for, and only
        instructions ask for what Python has to choose."""
        isa = self.isa
        always, *others = (sum(isinstance(e, Store) for e in b.effects) for b in self._behaviours())
        asks = (Behaviour((*isa.prologue.traps, *isa.fetch.traps)), isa.entry, Behaviour((), (_fetched(isa),)))
        return always + max(others) <= MOST_REWRITTEN and not any(map(self.asks, asks))

    @cached_property
    def window(self) -> Window | None:
        return fetch_window(self.isa)

    @cached_property
    def sites(self) -> dict[tuple[Origin, str], int]:
        """Where a trap can come from: origin and view, numbered in an order that instructions have no part in, as they
        have none in the digest."""
        found = {(t.origin, t.view) for behaviour in self._behaviours() for t in behaviour.traps}
        return {site: number for number, site in enumerate(sorted(found, key=lambda site: (site[0].name, site[1])))}

    def site(self, trap: TrapIf) -> int:
        return self.sites[trap.origin, trap.view]

    @property
    def halting(self) -> tuple[tuple[str, int], ...]:
        """The bits that stop the machine, as (state, mask)."""
        return tuple((p.state, ((1 << p.width) - 1) << p.low) for p in self.isa.roles[Role.HALT])

    def halts(self, behaviour: Behaviour) -> bool:
        """Whether it may stop the machine."""
        stops = {state for state, _ in self.halting}
        return any(state in stops for state, _ in bits_written(behaviour))

    @staticmethod
    def asks(behaviour: Behaviour) -> bool:
        """Whether Python has to take this step: it uses a channel or an unknown value."""
        needs = any(isinstance(n, Recv | Unknown) for n in nodes(*behaviour.expressions()))
        return needs or any(isinstance(e, Send) for e in behaviour.effects)

    def spins(self, instruction: Instruction) -> bool:
        """Whether it may come back to itself with nothing changed but time."""
        return self.steps.spin_condition(instruction) is not None

    def step(self, instruction: Instruction) -> tuple[Behaviour, frozenset[Expr]]:
        """An instruction's whole step after prologue and fetch let it through, merged and narrowed, and which indexes
        of it lie in storage for sure."""
        whole = Behaviour((), self.isa.prologue.effects).then(instruction.behaviour)
        found = narrowed(self.isa, merge(self.isa, whole))
        return found.behaviour, found.inside

    @cached_property
    def always(self) -> frozenset[Expr]:
        """Constant indexes that lie in every machine's storage: those of the trap entry and the reset."""
        roots = [*self.isa.entry.expressions(), *self.isa.reset.expressions()]
        found = [n.index for n in nodes(*roots) if isinstance(n, Load)]
        found += [e.index for b in (self.isa.entry, self.isa.reset) for e in b.effects if isinstance(e, Store)]
        return frozenset(index for index in found if isinstance(index, Const))

    # ---- records and handlers

    @cached_property
    def handlers(self) -> tuple[Handler, ...]:
        """Every handler; its number in a record is one more than its index."""
        return tuple(h for i in self.instructions for h in self._handlers(i)) if self.fast else ()

    @cached_property
    def others(self) -> tuple[int, ...]:
        """The instructions that have no handler, numbered from 1 as they are decoded, and 0 for no instruction. Their
        records have the numbers after the handlers'."""
        handled = {h.instruction.name for h in self.handlers}
        return (0, *(n for n, i in enumerate(self.instructions, 1) if i.name not in handled))

    @property
    def marked(self) -> int:
        """The number that records of breakpoints have. Above it are those of runs: `isa.engines.native.fused`."""
        return 1 + len(self.handlers) + len(self.others)

    @cached_property
    def record_bytes(self) -> int:
        ends = [HEAD, *(o.offset + o.bytes for h in self.handlers for o in h.operands)]
        return 8 if max(ends) <= 8 else 16

    @cached_property
    def hoisted(self) -> dict[Expr, int]:
        """Expressions that hold as long as the context does, numbered: handlers find their values in the frame."""
        if not self.fast:
            return {}
        roots = [x for i in self.instructions if self._fits(i) for x in self._narrow(i).behaviour.expressions()]
        return {expression: number for number, expression in enumerate(hoisted(roots, self.constant))}

    def constant(self, node: Expr) -> bool:
        """Whether a leaf keeps its value as long as the context does."""
        if isinstance(node, Read):
            bits = {(node.state, b) for b in range(node.width)}
            return bits <= self.translator.context_bits
        return isinstance(node, Size) or not isinstance(node, Param | Element | Load)

    def crosses(self, instruction: Instruction) -> bool:
        """Whether it may change the context: all that threaded code has computed from states that only such change."""
        return bool(bits_written(instruction.behaviour) & self.translator.fixed)

    def _fits(self, instruction: Instruction) -> bool:
        """Whether it can be a handler, while counters lag."""
        if self.translator.plain(instruction.name):
            return True
        behaviour = instruction.behaviour
        halts = self.halts(self.isa.prologue.then(behaviour))
        return self.timeless(behaviour) and not (halts or self.asks(behaviour) or self.spins(instruction))

    def timeless(self, behaviour: Behaviour) -> bool:
        """Whether it neither sees what time moves nor changes that or how it moves."""
        late = bits_read([*behaviour.expressions()]) & self.moving
        return not late and not bits_written(behaviour) & (self.moving | self.gates)

    def traps(self, instruction: Instruction) -> bool:
        """Whether each step of it traps, and nobody who has a part in that sees the time."""
        traps = instruction.behaviour.traps
        if not traps or traps[0].guard is not TRUE:
            return False
        return self.timeless(Behaviour(traps[:1])) and self.timeless(self.isa.entry)

    @cached_property
    def moving(self) -> Bits:
        """What time moves."""
        return bits_written(self._law)

    @cached_property
    def gates(self) -> Bits:
        """What it depends on how time moves that."""
        return bits_read([*self._law.expressions()])

    @property
    def _law(self) -> Behaviour:
        assert self.steps.time is not None
        return self.steps.time.advance()

    def _narrow(self, instruction: Instruction) -> Narrowed:
        behaviour = self.translator.default.then(instruction.behaviour)
        return narrowed(self.isa, merge(self.isa, behaviour))

    def _handlers(self, instruction: Instruction) -> Iterator[Handler]:
        if not self._fits(instruction):
            return
        narrow = self._narrow(instruction)
        choice = _choice(narrow.behaviour)
        for when in (True, False) if choice is not None else (True,):
            numbers = {e: Param(e.width, f"hoisted {n}") for e, n in self.hoisted.items()}

            def replace(node: Expr, when: bool = when, numbers: Mapping[Expr, Expr] = numbers) -> Expr | None:
                return truth(when) if node is choice else numbers.get(node)

            made = narrow.rewritten(rewriter(replace))
            operands = _operands(made.behaviour)
            if operands is not None:
                spins, crosses = self.spins(instruction), self.crosses(instruction)
                yield Handler(instruction, choice, when, made.behaviour, made.inside, operands, spins, crosses)

    def _behaviours(self) -> Iterator[Behaviour]:
        isa = self.isa
        yield from (isa.prologue, Behaviour(isa.fetch.traps), isa.unassigned, isa.entry)
        yield from (i.behaviour for i in self.instructions)


def _fetched(isa: Isa) -> Store:
    """An effect that looks at what the fetch does."""
    return Store(TRUE, Const(isa.word, 0), isa.fetch.word)


def _choice(behaviour: Behaviour) -> Expr | None:
    """The only condition on operands alone that guards effects, if there is one."""
    found = {e.guard for e in behaviour.effects if any(isinstance(n, Param) for n in nodes(e.guard))}
    leaves = {n for g in found for n in nodes(g) if isinstance(n, Read | Element | Load | Size | Recv | Unknown)}
    return found.pop() if len(found) == 1 and not leaves else None


def _operands(behaviour: Behaviour) -> tuple[Operand, ...] | None:
    """The operands that a behaviour still looks at, laid out in a record; None if they need more than it has."""
    values = [*(t.guard for t in behaviour.traps), *Behaviour((), behaviour.effects).expressions()]
    widths = {n.name: n.width for n in nodes(*values) if isinstance(n, Param) and not n.name.startswith("hoisted ")}
    sizes = sorted((1 << max(0, (width - 1).bit_length() - 3), name, width) for name, width in widths.items())
    plans = (_laid_out(sizes), _laid_out(sizes[::-1]))
    best = min(plans, key=lambda plan: max((o.offset + o.bytes for o in plan), default=0))
    return best if all(o.offset + o.bytes <= MOST for o in best) else None


def _laid_out(sizes: list[tuple[int, str, int]]) -> tuple[Operand, ...]:
    """Operands (bytes, name, width) one after the other, each at a multiple of its size."""
    found: list[Operand] = []
    offset = HEAD
    for size, name, width in sizes:
        offset = -(-offset // size) * size
        found.append(Operand(name, width, offset, size))
        offset += size
    return tuple(found)


@lru_cache(maxsize=64)
def plan_of(isa: Isa) -> Plan:
    """The plan of a description, made once."""
    return Plan(isa)
