"""What a well-formed description is, as a table: for each class of node, trap, effect or instruction its rules.

`faults(isa)` runs after loading and `behaviour_faults` after every pass over behaviours, in tests. A fault is a bug of
Trapline, never of a user's file: the checker has refused those before. New kinds of nodes need a row here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from isa.description import Instruction, Isa, Kind, Role, State
from isa.ir import nodes as ir
from isa.ir.fold import const, eq, negate
from isa.ir.nodes import Behaviour, Expr, Origin
from isa.ir.operators import BOOL, OPERATORS

WIDEST = 64
DEEPEST = 200  # readers of the IR may recurse


@dataclass(frozen=True, slots=True)
class Context:
    """The machine, and the `Param`s that are known (name to width)."""

    isa: Isa
    params: dict[str, int]

    def state(self, name: str, kind: Kind) -> State | None:
        found = self.isa.states.get(name)
        return found if found is not None and found.kind is kind else None

    def indexed(self, name: str, kind: Kind, index: Expr) -> State | None:
        """The array or channel, if the index has exactly the bits that it needs."""
        state = self.state(name, kind)
        return state if state is not None and 1 << index.width == state.count else None


Rule = tuple[Callable[[Any, Context], bool], str]


def _typed(node: ir.Apply, context: Context) -> bool:
    """The operator's typing rule gives the node's width."""
    operator = OPERATORS.get(node.op)
    if operator is None or len(node.args) != operator.arity:
        return False
    width = operator.typing(tuple(a.width for a in node.args))
    return width == node.width if width is not None else node.width > BOOL


def _sized(node: ir.Apply, context: Context) -> bool:
    first = node.args[0].width
    if node.op == "slice":
        return node.low >= 0 and node.low + node.width <= first
    return node.low == 0 and (node.op not in ("zext", "sext") or node.width >= first)


def _cell(item: ir.Element | ir.SetElement, context: Context, width: int) -> bool:
    state = context.indexed(item.state, Kind.ARRAY, item.index)
    return state is not None and state.width == width


def _port(item: ir.Recv | ir.Send, context: Context, width: int) -> bool:
    state = context.indexed(item.channel, Kind.CHANNEL, item.index)
    return state is not None and state.width == width


def _bits_written(effect: ir.Write, context: Context) -> bool:
    state = context.state(effect.state, Kind.SCALAR)
    return state is not None and effect.low >= 0 and effect.low + effect.value.width <= state.width


def _spares_zero(effect: ir.SetElement, context: Context) -> bool:
    """A write to an array with cells fixed at zero cannot reach one: by a constant index, or by its guard."""
    zero = context.isa.states[effect.state].zero
    if isinstance(effect.index, ir.Const):
        return effect.index.value not in zero
    guards = set(_conjuncts(effect.guard))
    return all(_differs(effect.index, cell) in guards for cell in zero)


def _differs(index: Expr, cell: int) -> Expr:
    return negate(eq(index, const(index.width, cell)))


def _conjuncts(guard: Expr) -> Iterator[Expr]:
    stack = [guard]
    while stack:
        node = stack.pop()
        if isinstance(node, ir.Apply) and node.op == "both":
            stack.extend(node.args)
        else:
            yield node


EXPRESSIONS: dict[type, list[Rule]] = {
    ir.Const: [(lambda n, c: 0 <= n.value < 1 << max(n.width, 1), "a constant fits in its width")],
    ir.Read: [
        (lambda n, c: c.state(n.state, Kind.SCALAR) is not None, "a read names a scalar"),
        (lambda n, c: n.width == c.isa.states[n.state].width, "a scalar is read whole"),
    ],
    ir.Element: [(lambda n, c: _cell(n, c, n.width), "an element has its array's widths of index and cell")],
    ir.Load: [(lambda n, c: n.width == n.index.width == c.isa.word, "a load takes and gives a word")],
    ir.Size: [(lambda n, c: n.width == c.isa.word, "the size of storage is a word")],
    ir.Param: [(lambda n, c: c.params.get(n.name) == n.width, "a parameter is known here, at this width")],
    ir.Recv: [(lambda n, c: _port(n, c, n.width), "a receive has its channel's widths of index and word")],
    ir.Unknown: [(lambda n, c: n.width > BOOL, "an unknown has bits")],
    ir.Apply: [
        (_typed, "an operator's operands and result obey its typing rule"),
        (_sized, "a slice lies inside, an extension does not narrow, nothing else has a low bit"),
    ],
}

_GUARD: Rule = (lambda e, c: e.guard.width == BOOL and e.guard is not ir.FALSE, "a guard is a truth value, not false")

PARTS: dict[type, list[Rule]] = {
    ir.TrapIf: [
        _GUARD,
        (lambda t, c: t.cause in c.isa.cause.members.values(), "a trap's cause is a member of the enum of causes"),
        (lambda t, c: t.info.width == c.isa.info_width, "a trap's info has the width that `on trap` takes"),
    ],
    ir.Write: [
        _GUARD,
        (_bits_written, "a write lies inside its scalar"),
        (lambda e, c: e.value.width > BOOL, "a written value has bits"),
    ],
    ir.SetElement: [
        _GUARD,
        (lambda e, c: _cell(e, c, e.value.width), "a cell is written with its array's widths of index and cell"),
        (_spares_zero, "a cell that is fixed at zero is never written"),
    ],
    ir.Store: [_GUARD, (lambda e, c: e.index.width == e.value.width == c.isa.word, "a store takes words")],
    ir.Send: [_GUARD, (lambda e, c: _port(e, c, e.value.width), "a send has its channel's widths")],
}


def behaviour_faults(behaviour: Behaviour, context: Context, channels: bool = True) -> list[str]:
    """What is wrong with a behaviour; empty if nothing. `channels` says whether it may send and receive."""
    found = list(_local_faults(behaviour, context))
    if found:
        return found
    found += _order_faults(behaviour) + _channel_faults(behaviour, channels)
    if depth(behaviour.expressions()) > DEEPEST:
        found.append(f"an expression is more than {DEEPEST} levels deep")
    return found


def _local_faults(behaviour: Behaviour, context: Context) -> Iterator[str]:
    for node in ir.nodes(*behaviour.expressions()):
        if not BOOL <= node.width <= WIDEST:
            yield f"{node}: a value has at most {WIDEST} bits"
        yield from _broken(EXPRESSIONS, node, context)
    for part in (*behaviour.traps, *behaviour.effects):
        yield from _broken(PARTS, part, context)


def _broken(table: dict[type, list[Rule]], item: object, context: Context) -> Iterator[str]:
    """The first rule that the item breaks; later rules of a row rely on earlier ones."""
    if type(item) not in table:
        yield f"{item}: there is no rule for a {type(item).__name__}"
    for holds, rule in table.get(type(item), []):
        if not holds(item, context):
            yield f"{item}: {rule}"
            return


def _order_faults(behaviour: Behaviour) -> list[str]:
    order = [list(Origin).index(t.origin) for t in behaviour.traps]
    return [] if order == sorted(order) else ["traps stand in the order prologue, fetch, decode, body"]


def _channel_faults(behaviour: Behaviour, allowed: bool) -> list[str]:
    nodes = list(ir.nodes(*behaviour.expressions()))
    uses = sum(isinstance(n, ir.Recv) for n in nodes) + sum(isinstance(e, ir.Send) for e in behaviour.effects)
    if uses > allowed:
        return ["at most one channel operation in an instruction, and none elsewhere"]
    received = set[Expr]()
    for node in nodes:
        if isinstance(node, ir.Recv) or any(o in received for o in node.operands()):
            received.add(node)
    places = [i for item in (*nodes, *behaviour.effects) if (i := getattr(item, "index", None)) is not None]
    places += [value for t in behaviour.traps for value in (t.guard, t.info)]
    return ["a received word reaches a trap, an address or an index"] if received & set(places) else []


def depth(roots: Iterable[Expr]) -> int:
    """The longest path from a root to a leaf, in nodes."""
    found: dict[Expr, int] = {}
    for node in ir.nodes(*roots):
        found[node] = 1 + max((found[o] for o in node.operands()), default=0)
    return max(found.values(), default=0)


def instruction_faults(instruction: Instruction, isa: Isa) -> list[str]:
    """What is wrong with the encoding of an instruction: every bit is fixed, or belongs to exactly one operand."""
    taken = instruction.mask
    for use in instruction.uses:
        bits = use.deposit((1 << use.operand.width) - 1)
        if bits & taken:
            return [f"{instruction.name}: operand {use.name} shares bits with another part of the word"]
        if use.extract(bits) != (1 << use.operand.width) - 1:
            return [f"{instruction.name}: operand {use.name} does not come back from the word"]
        taken |= bits
    if taken != (1 << isa.word) - 1 or instruction.match & ~instruction.mask:
        return [f"{instruction.name}: the fixed bits and the operands do not make up the word"]
    return []


MODES: list[tuple[Callable[[Isa], bool], str]] = [
    (lambda i: len(i.roles[Role.MODE]) == 1, "one place is the mode"),
    (lambda i: set(i.ruling) <= i.modes.values.keys(), "what counts as supervisor is a mode"),
    (lambda i: bool(i.modes.supervisors) and bool(i.modes.others), "some modes count as supervisor, and some do not"),
    (
        lambda i: all(v >> i.the(Role.MODE).width == 0 for v in i.modes.values.values()),
        "every mode fits in its place",
    ),
]


def mode_faults(isa: Isa) -> list[str]:
    """The first rule that the modes break."""
    return next(([rule] for holds, rule in MODES if not holds(isa)), [])


def faults(isa: Isa) -> list[str]:
    """Everything that is wrong with a description; empty if it is well formed."""
    insn, entry = {"insn": isa.word}, {"cause": isa.cause_width, "info": isa.info_width}
    found = [f"on reset: {f}" for f in behaviour_faults(isa.reset, Context(isa, {}), False)]
    found += [f"on trap: {f}" for f in behaviour_faults(isa.entry, Context(isa, entry), False)]
    found += [f"prologue: {f}" for f in behaviour_faults(isa.prologue, Context(isa, {}), False)]
    found += [f"unassigned: {f}" for f in behaviour_faults(isa.unassigned, Context(isa, insn))]
    found += ["on reset and on trap have no traps"] if isa.reset.traps or isa.entry.traps else []
    found += mode_faults(isa)
    fetch = Behaviour(isa.fetch.traps, (ir.Store(ir.TRUE, ir.Const(isa.word, 0), isa.fetch.word),))
    found += [f"fetch: {f}" for f in behaviour_faults(fetch, Context(isa, {}), False)]
    for name, i in isa.instructions.items():
        params = insn | {use.name: use.operand.width for use in i.uses}
        found += [f"{name}: {f}" for f in behaviour_faults(i.behaviour, Context(isa, params))]
        found += instruction_faults(i, isa)
    return found
