"""What instructions do with their operands, read off their behaviours: what makes hot programs of them."""

from collections.abc import Iterator

from isa.description import Instruction, Isa, Role
from isa.ir.nodes import TRUE, Apply, Const, Element, Expr, Load, Param, Read, SetElement, Store, Write, nodes
from isa.passes.normal import specialise


def callings(isa: Isa, instruction: Instruction) -> Iterator[tuple[str, tuple[str, str]]]:
    """For each operand that matters, what it is for and the register file it chooses from (later ones prevail)."""
    effects = instruction.behaviour.effects
    jumps = any(isinstance(e, Write) and e.state == isa.pc for e in effects)
    for effect in effects:
        if isinstance(effect, SetElement):
            yield from named(effect.index, "target" if jumps else "value", effect.state)
    everything = list(nodes(*instruction.behaviour.expressions()))
    for node in everything:
        if isinstance(node, Element) and not any(n is node for e in effects for n in values(isa, e)):
            yield from named(node.index, "value", node.state)
    for effect in effects:
        if isinstance(effect, Write):
            calling = {isa.pc: "target", **relocation(isa)}.get(effect.state)
            if calling:
                yield from used(effect.value, calling)
    places = [n.index for n in everything if isinstance(n, Load)]
    places += [e.index for e in effects if isinstance(e, Store)]
    for place in places:
        yield from used(place, "address")


def relocation(isa: Isa) -> dict[str, str]:
    bases = {p.state: "base" for p in isa.roles[Role.BASE]}
    return bases | {p.state: "bound" for p in isa.roles[Role.BOUND]}


def values(isa: Isa, effect: object) -> Iterator[Expr]:
    if isinstance(effect, Write) and effect.state in {isa.pc, *relocation(isa)}:
        yield from sources(effect.value)


def sources(value: Expr) -> Iterator[Expr]:
    """The nodes that a value is made of, conditions and loads apart."""
    yield value
    parts = value.operands()
    if isinstance(value, Apply) and value.op == "select":
        parts = parts[1:]
    if not isinstance(value, Load):
        for part in parts:
            yield from sources(part)


def used(value: Expr, calling: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for node in sources(value):
        if isinstance(node, Element):
            yield from named(node.index, calling, node.state)
        elif isinstance(node, Param):
            yield node.name, (calling, "")
    # a parameter that only chooses a cell has been given that cell's file, so it comes last
    for node in sources(value):
        if isinstance(node, Element):
            yield from named(node.index, calling, node.state)


def named(index: Expr, calling: str, file: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for node in nodes(index):
        if isinstance(node, Param):
            yield node.name, (calling, file)


def fixed_cells(isa: Isa) -> Iterator[tuple[str, str, int]]:
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


def increments(instruction: Instruction) -> Iterator[tuple[Instruction, str, str]]:
    """The instruction, the register file and the immediate operand, if it adds the one to a cell of the other."""
    names = {use.name for use in instruction.uses if not use.operand.is_register}
    for effect in instruction.behaviour.effects:
        match effect:
            case SetElement(_, file, _, Apply(_, "add", (Element(_, source, _), by))) if file == source:
                params = [n.name for n in nodes(by) if isinstance(n, Param)]
                if len(params) == 1 and params[0] in names and not any(isinstance(n, Element) for n in nodes(by)):
                    yield instruction, file, params[0]


def chooses(isa: Isa, instruction: Instruction) -> bool:
    """Whether it jumps under a condition to a place that it names, and does nothing else."""
    effects = instruction.behaviour.effects
    if len(effects) != 1 or not isinstance(effects[0], Write):
        return False
    relative = any(use.operand.pcrel is not None for use in instruction.uses)
    register = any(isinstance(n, Element) for n in values(isa, effects[0]))
    choice = effects[0].guard is not TRUE or (isinstance(effects[0].value, Apply) and effects[0].value.op == "select")
    return choice and (relative or not register or len(instruction.uses) > 2)


def compares(instruction: Instruction) -> bool:
    """Whether it does nothing but note something about two values."""
    effects = instruction.behaviour.effects
    cells = {n for n in nodes(*instruction.behaviour.expressions()) if isinstance(n, Element)}
    return len(cells) > 1 and all(isinstance(e, Write) for e in effects) and not instruction.behaviour.traps


def loads(value: Expr) -> bool:
    return any(isinstance(n, Load) for n in nodes(value))


def saved_pcs(isa: Isa) -> list[int]:
    """Where the trap entry stores the pc."""
    stores = [e for e in isa.entry.effects if isinstance(e, Store) and isinstance(e.index, Const)]
    width = isa.states[isa.pc].width
    return [e.index.value for e in stores if e.value is Read(width, isa.pc) and isinstance(e.index, Const)]


def vectors(isa: Isa) -> Iterator[tuple[int, str]]:
    """The words of storage from which some trap makes state, and which state."""
    for cause in isa.cause.members.values():
        for effect in specialise(isa, isa.entry, {"cause": cause}, {}).effects:
            if isinstance(effect, Write):
                loads = [n for n in nodes(effect.value) if isinstance(n, Load) and isinstance(n.index, Const)]
                yield from ((n.index.value, effect.state) for n in loads if isinstance(n.index, Const))


def vector_states(isa: Isa) -> set[str]:
    """State from which the trap entry takes the pc."""
    found = (e.value for e in isa.entry.effects if isinstance(e, Write) and e.state == isa.pc)
    return {n.state for value in found for n in sources(value) if isinstance(n, Read)} - {isa.pc}
