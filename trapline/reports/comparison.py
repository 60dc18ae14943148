"""A comparison of a bare and a monitored run, in words and for programs."""

from collections.abc import Iterator
from typing import Any

from isa.assembler.disassembly import Disassembler
from monitor.techniques.catalogue import Monitors, under
from proofs.runs.compare import Comparison, Divergence
from trapline.reports.exits import source_line, statistics_facts
from trapline.running.programs import Program

MOST_DIFFERENCES = 12


def comparison_lines(program: Program, result: Comparison, monitors: Monitors) -> Iterator[str]:
    """The result for people, line by line."""
    where = f"{program.name} on {program.isa.name}, bare against {under(monitors)}"
    if result.divergence is None:
        yield f"{where}: equivalent"
        yield f"  {result.steps:,} steps, {result.exits:,} exits, compared {result.compared:,} times"
        yield f"  {_ending(result)}"
        return
    yield f"{where}: NOT equivalent"
    yield from (f"  {line}".rstrip() for line in divergence_lines(program, result.divergence))


def _ending(result: Comparison) -> str:
    """How both ended."""
    if result.bare is None:
        return ""
    reason = result.bare.reason.value
    return f"both ended with: {reason}" + (f" ({result.bare.detail})" if result.bare.detail else "")


def divergence_lines(program: Program, found: Divergence) -> Iterator[str]:
    """Where, and what: the state before the first instruction that differs, and the two states after it."""
    yield f"first difference: step {found.step:,}, pc {found.pc:#x}: {instruction_text(program, found)}"
    line = source_line(program.image, found.place)
    if line:
        yield f"source: {line}"
    if found.breach:
        yield f"breach of {found.breach}"
    rows = [(d.name, _before(found, d.name), d.bare, d.monitored) for d in found.differences]
    shown = [("", "before", "bare", "monitored"), *rows[:MOST_DIFFERENCES]]
    widths = [max(len(row[i]) for row in shown) for i in range(3)]
    for row in shown if rows else ():
        yield "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]])
    if rows[MOST_DIFFERENCES:]:
        yield f"and {len(rows) - MOST_DIFFERENCES} more"
    yield f"registers before: {_registers(found)}"


def instruction_text(program: Program, found: Divergence) -> str:
    """The instruction as the disassembler writes it."""
    if found.word is None:
        return "(not fetched)"
    return Disassembler(program.isa).statement(found.word, found.pc, program.image.labels)


def _before(found: Divergence, name: str) -> str:
    return f"{found.before[name]:#x}" if name in found.before else ""


def _registers(found: Divergence) -> str:
    """All that are not zero."""
    return ", ".join(f"{name} {value:#x}" for name, value in found.before.items() if value) or "all zero"


def comparison_facts(program: Program, result: Comparison) -> dict[str, Any]:
    """The result for JSON."""
    statistics = result.machine.statistics if result.machine else None
    return {
        "equivalent": result.equivalent,
        "steps": result.steps,
        "exits": result.exits,
        "compared": result.compared,
        "ended": result.bare.reason.value if result.bare else None,
        "divergence": divergence_facts(program, result.divergence) if result.divergence else None,
        "statistics": statistics_facts(statistics) if statistics else None,
    }


def divergence_facts(program: Program, found: Divergence) -> dict[str, Any]:
    """The first difference for JSON."""
    return {
        "step": found.step,
        "pc": found.pc,
        "word": found.word,
        "instruction": instruction_text(program, found),
        "source": source_line(program.image, found.place),
        "breach": found.breach,
        "before": found.before,
        "differences": [{"name": d.name, "bare": d.bare, "monitored": d.monitored} for d in found.differences],
    }
