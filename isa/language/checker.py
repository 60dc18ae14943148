"""From the items of a machine to a checked `Isa`: the phases in order, each run to its end before the next starts.

1. names, types, states, roles (`declare`, `roles`)   2. operands, formats, defs, views, `on ...`, `step`
3. instructions and pseudo-instructions               4. what needs the whole: encodings, unused names
"""

from dataclasses import dataclass, field, replace

from isa.description import Assumption, Fetch, Instruction, Isa, Operand, Pseudo
from isa.ir.nodes import Behaviour, Const
from isa.language import limits, syntax
from isa.language.declare import declare
from isa.language.encodings import Format, format_of, instruction, operand, overlap
from isa.language.lowering import Lowering
from isa.language.pseudos import pseudo
from isa.language.report import Report, refuse
from isa.language.roles import modes_assumed
from isa.language.syntax import text_of
from isa.language.texts import texts_of
from isa.language.unused import check_unused
from isa.language.world import World


@dataclass
class _Parts:
    """What the phases have made so far."""

    operands: dict[str, Operand] = field(default_factory=dict)
    formats: dict[str, Format] = field(default_factory=dict)
    instructions: dict[str, Instruction] = field(default_factory=dict)
    pseudos: dict[str, Pseudo] = field(default_factory=dict)
    assumptions: list[Assumption] = field(default_factory=list)
    reset: Behaviour | None = None
    entry: Behaviour | None = None
    step: tuple[Behaviour, Fetch, Behaviour] | None = None


def check(machine: syntax.Machine, parent: str | None, own: frozenset[syntax.Key]) -> Isa:
    """The machine description. `own` are the items that the file under check adds, which must be used.

    Raises SourceError with every error of the first phase that finds any.
    """
    report, world = Report(), World()
    declare(machine, world, report)
    lowering, parts = Lowering(world, report), _Parts()
    lowering.prepare(machine.items)
    for phase in (_operands, _bodies, _instructions, _pseudos):
        for item in machine.items:
            with report.collecting():
                phase(item, lowering, parts)
        report.finish_phase()
    with report.collecting():
        _check_required(machine, parts)
    report.finish_phase()
    _check_encodings(machine, parts, report)
    check_unused(machine, world, own, report)
    report.finish_phase()
    return _isa(machine, parent, world, parts)


def _operands(item: syntax.Item, lowering: Lowering, parts: _Parts) -> None:
    match item:
        case syntax.OperandItem():
            parts.operands[item.name] = operand(item, lowering)
        case _:
            pass


def _bodies(item: syntax.Item, lowering: Lowering, parts: _Parts) -> None:
    match item:
        case syntax.FormatItem():
            parts.formats[item.name] = format_of(item, parts.operands, lowering.world)
        case syntax.ResetItem():
            parts.reset = lowering.reset(item)
        case syntax.EntryItem():
            parts.entry = lowering.entry(item)
        case syntax.StepItem():
            parts.step = lowering.step(item)
        case syntax.AssumeItem():
            condition = lowering.condition(item)
            if isinstance(condition, Const):
                said = "true" if condition.value else "false"
                raise refuse(item.span, f"the assumption `{item.name}` is always {said}", "it must say something")
            parts.assumptions.append(Assumption(condition, item.doc or text_of(item.condition.span)))
        case _:
            pass


def _instructions(item: syntax.Item, lowering: Lowering, parts: _Parts) -> None:
    if isinstance(item, syntax.InstrItem):
        if len(parts.instructions) >= limits.INSTRUCTIONS:
            help = "give them operands"
            raise refuse(item.span, f"a machine has at most {limits.INSTRUCTIONS} instructions", help)
        parts.instructions[item.name] = instruction(item, parts.formats, parts.operands, lowering)


def _pseudos(item: syntax.Item, lowering: Lowering, parts: _Parts) -> None:
    if isinstance(item, syntax.PseudoItem):
        parts.pseudos[item.name] = pseudo(item, parts.instructions)


def _check_required(machine: syntax.Machine, parts: _Parts) -> None:
    if parts.reset is None:
        raise refuse(machine.span, "this machine does not say how it starts", "write `on reset { ... }`")
    if parts.step is None:
        help = "write `step { ... execute mem[pc] else trap illegal(insn) }`"
        raise refuse(machine.span, "this machine does not say what a step is", help)
    if not parts.instructions:
        raise refuse(machine.span, "this machine has no instructions", "write at least one `instr`")


def _check_encodings(machine: syntax.Machine, parts: _Parts, report: Report) -> None:
    found = overlap(list(parts.instructions.values()))
    if found is not None:
        first, second, word = found
        digits = (machine_width(parts) + 3) // 4
        message = f"`{first.name}` and `{second.name}` share the word {word:#0{digits + 2}x}"
        help = "give them different constants in a field that both fix"
        report.add(refuse(second.span, message, help, (first.span, f"`{first.name}`")))


def machine_width(parts: _Parts) -> int:
    """The width of an instruction word."""
    assert parts.step is not None
    return parts.step[1].word.width


def _isa(machine: syntax.Machine, parent: str | None, world: World, parts: _Parts) -> Isa:
    assert parts.reset is not None and parts.entry is not None and parts.step is not None
    prologue, fetch, unassigned = parts.step
    cause = world.enums[world.cause]
    isa = Isa(
        name=machine.name,
        doc=machine.doc,
        word=world.word,
        enums=world.enums,
        states=world.states,
        cause=cause,
        cause_width=cause.width,
        info_width=world.info,
        reset=parts.reset,
        entry=parts.entry,
        prologue=prologue,
        fetch=fetch,
        unassigned=unassigned,
        instructions=parts.instructions,
        operands=parts.operands,
        pseudos=parts.pseudos,
        assumptions=tuple(parts.assumptions),
        ruling=world.ruling,
        parent=parent,
        texts=texts_of(machine),
    )
    return replace(isa, assumptions=(*modes_assumed(isa), *isa.assumptions))
