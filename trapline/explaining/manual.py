"""A machine's manual as Markdown, generated from its description alone: nothing here knows a machine.

`manual(isa)` is the whole book; each section is a function that yields lines.
`trapline machines NAME --manual` shows it.
"""

from collections.abc import Iterable, Iterator

from isa.description import Instruction, Isa, Kind, Operand, Role, State
from trapline.explaining.diagram import draw, meaning_lines
from trapline.explaining.footprint import footprint

_CYCLE = {"step": "One step", "on trap": "Trap entry", "on reset": "Reset"}


def manual(isa: Isa) -> str:
    """The manual, ending in a newline."""
    sections = (_title, _state, _causes, _cycle, _operands, _formats, _summary, _instructions, _pseudos, _assumptions)
    return "\n".join(line for section in sections for line in section(isa)).rstrip() + "\n"


def _title(isa: Isa) -> Iterator[str]:
    yield from (f"# {isa.name}", "", isa.doc, "")
    if isa.parent:
        yield from (f"A variant of `{isa.parent}`.", "")
    yield from (f"Words have {isa.word} bits; there are {len(isa.instructions)} instructions.", "")


def _state(isa: Isa) -> Iterator[str]:
    yield from ("## State", "")
    yield from _table(("name", "size", "role", "meaning"), (_state_row(isa, state) for state in isa.states.values()))
    fields = [(state, f) for state in isa.states.values() for f in state.fields]
    if fields:
        yield from ("### Fields", "")
        rows = (
            (f"`{s.name}.{f.name}`", _bits(f.low, f.width), _role(isa, f.role), _members(isa, f.enum))
            for s, f in fields
        )
        yield from _table(("name", "bits", "role", "values"), rows)


def _state_row(isa: Isa, state: State) -> tuple[str, ...]:
    match state.kind:
        case Kind.STORAGE:
            size = f"words of {state.width} bits"
        case Kind.ARRAY | Kind.CHANNEL:
            size = f"{state.count} x {state.width} bits"
        case _:
            size = f"{state.width} bits"
    notes = (state.doc or _members(isa, state.enum), _exit_note(state))
    return f"`{state.name}`", size, _role(isa, state.role), " ".join(filter(None, notes))


def _exit_note(state: State) -> str:
    """Where a guest leaves its exit code, if that is here."""
    if state.exit is None:
        return ""
    return f"A guest's exit code is in `{state.name}{f'[{state.exit}]' if state.kind is Kind.ARRAY else ''}`."


def _causes(isa: Isa) -> Iterator[str]:
    yield from ("## Trap causes", "")
    rows = ((str(value), name, _raisers(isa, value)) for name, value in isa.cause.members.items())
    yield from _table(("cause", "name", "raised by"), rows)


def _raisers(isa: Isa, cause: int) -> str:
    """Who raises a cause: the step itself, unassigned words, or instructions."""
    found = []
    if any(trap.cause == cause for trap in (*isa.prologue.traps, *isa.fetch.traps)):
        found.append("the step")
    if any(trap.cause == cause for trap in isa.unassigned.traps):
        found.append("unassigned words")
    found += [f"`{i.name}`" for i in isa.instructions.values() if any(t.cause == cause for t in i.behaviour.traps)]
    return ", ".join(found) or "nothing"


def _cycle(isa: Isa) -> Iterator[str]:
    for key, text in isa.texts.items():
        yield from (f"## {_CYCLE.get(key, key)}", "", *_code(text.splitlines()))


def _operands(isa: Isa) -> Iterator[str]:
    if isa.operands:
        yield from ("## Operands", "")
        yield from _table(("name", "bits", "written", "meaning"), map(_operand_row, isa.operands.values()))


def _operand_row(operand: Operand) -> tuple[str, ...]:
    written = [f"`{operand.style}`"] + [f"`{alias}` = {value}" for alias, value in operand.aliases.items()]
    notes = [operand.doc, "signed" * operand.signed, "a label, relative to the pc" * (operand.pcrel is not None)]
    return operand.name, str(operand.width), ", ".join(written), "; ".join(filter(None, notes))


def _formats(isa: Isa) -> Iterator[str]:
    """One diagram for each format, drawn with the fixed bits of the first instruction that has it."""
    first: dict[str, Instruction] = {}
    for instruction in isa.instructions.values():
        first.setdefault(instruction.format, instruction)
    yield from ("## Formats", "", "High bits on the left; fixed bits are those of the instruction named.", "")
    for name, instruction in first.items():
        yield from (f"`{name}`, as in `{instruction.name}`:", "", *_code(draw(instruction, isa.word)))


def _summary(isa: Isa) -> Iterator[str]:
    yield from ("## Instructions", "")
    rows = ((_line(i.name, i.template), i.doc) for i in isa.instructions.values())
    yield from _table(("written", "what it does"), rows)


def _instructions(isa: Isa) -> Iterator[str]:
    for instruction in isa.instructions.values():
        yield from instruction_lines(isa, instruction)


def instruction_lines(isa: Isa, instruction: Instruction) -> Iterator[str]:
    """What the manual says of one instruction."""
    yield from (f"### {_line(instruction.name, instruction.template)}", "")
    if instruction.doc:
        yield from (instruction.doc, "")
    yield from _code([*draw(instruction, isa.word), "", *meaning_lines(instruction)])
    yield from _touched(isa, instruction)


def _touched(isa: Isa, instruction: Instruction) -> Iterator[str]:
    found = footprint(isa, instruction.behaviour)
    for label, touches in (("Reads", found.reads), ("Writes", found.writes), ("Traps depend on", found.tests)):
        if touches:
            yield f"- {label}: {', '.join(f'`{touch}`' for touch in touches)}"
    if found.traps:
        yield f"- Causes: {', '.join(found.traps)}"
    yield ""


def _pseudos(isa: Isa) -> Iterator[str]:
    if isa.pseudos:
        yield from ("## Pseudo-instructions", "")
        rows = (
            (_line(p.name, p.template), "; ".join(_line(name, text) for name, text in p.expansion), p.doc)
            for p in isa.pseudos.values()
        )
        yield from _table(("written", "stands for", "note"), rows)


def _assumptions(isa: Isa) -> Iterator[str]:
    if isa.assumptions:
        yield from ("## Assumptions", "", *(f"- {a.text}" for a in isa.assumptions), "")


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A Markdown table; a column without any text is left out."""
    lines = list(rows)
    kept = [i for i in range(len(header)) if any(line[i] for line in lines)] or list(range(len(header)))
    for line in (header, tuple("---" for _ in header), *lines):
        yield "| " + " | ".join(line[i].replace("|", "\\|").replace("\n", " ") for i in kept) + " |"
    yield ""


def _code(lines: Iterable[str]) -> Iterator[str]:
    yield from ("```text", *lines, "```", "")


def _line(mnemonic: str, operands: str) -> str:
    return f"`{f'{mnemonic} {operands}'.rstrip()}`"


def _bits(low: int, width: int) -> str:
    return str(low) if width == 1 else f"{low + width - 1}..{low}"


def _role(isa: Isa, role: Role | None) -> str:
    """As it is written; the modes that count as supervisor are listed unless there is only `supervisor`."""
    listed = f"({', '.join(isa.ruling)})" if role is Role.MODE and isa.ruling != ("supervisor",) else ""
    return f"@{role.value}{listed}" if role else ""


def _members(isa: Isa, enum: str | None) -> str:
    return ", ".join(f"{value} {name}" for name, value in isa.enums[enum].members.items()) if enum else ""
