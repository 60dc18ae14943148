"""A comparison of a bare run and one under monitors in assembly, in words and for programs."""

from collections.abc import Iterator
from typing import Any

from isa.machine import Reason
from monitor.techniques.catalogue import levels, under
from proofs.under.case import Case
from proofs.under.comparing import Comparison
from proofs.under.finding import Parting
from trapline.reports.comparison import divergence_facts, divergence_lines
from trapline.reports.exits import source_line
from trapline.running.programs import Program

ENDS = {
    Reason.HALT: "both have halted",
    Reason.IDLE: "both wait for what never comes",
    Reason.BUDGET: "stopped after --steps",
}


def under_lines(program: Program, case: Case, result: Comparison) -> Iterator[str]:
    """The result for people, line by line."""
    where = f"{program.name} on {program.isa.name}, bare against {_chain(case)}"
    if result.parting is None:
        yield f"{where}: equivalent"
        yield f"  {result.steps:,} steps, for which the machine took {result.real:,}"
        yield f"  entered {result.entries:,} times, and compared each time"
        if result.ended is not None:
            yield f"  {ENDS[result.ended]}"
        return
    yield f"{where}: NOT equivalent"
    yield from (f"  {line}".rstrip() for line in divergence_lines(program, result.parting.found))
    yield from (f"  {line}" for line in _monitor_lines(case, result.parting))


def _chain(case: Case) -> str:
    """`vmm on vmm on 1 monitor (trap)`."""
    below = [under(case.below)] if levels(case.below) else []
    return " on ".join([*reversed(case.names), *below])


def _monitor_lines(case: Case, parting: Parting) -> Iterator[str]:
    """What the innermost monitor had to do with it."""
    if parting.directly:
        yield "the guest took this step itself: the monitor was not asked"
        return
    if parting.path:
        yield f"the monitor passed: {', '.join(parting.path)}"
    if parting.writers:
        yield "where it last wrote what differs:"
    for name, line in _lines(case, parting).items():
        yield f"  {name}: {line}"


def _lines(case: Case, parting: Parting) -> dict[str, str]:
    """The monitor's lines that last wrote what differs, by its name."""
    image = case.monitors[-1].image
    return {name: source_line(image, at) or f"word {at:#x} of the monitor" for name, at in parting.writers.items()}


def under_facts(program: Program, case: Case, result: Comparison) -> dict[str, Any]:
    """The result for JSON."""
    parting = result.parting
    facts: dict[str, Any] = {
        "under": list(case.names),
        "equivalent": result.equivalent,
        "steps": result.steps,
        "real_steps": result.real,
        "entries": result.entries,
        "ended": result.ended.value if result.ended else None,
        "divergence": None,
    }
    if parting is not None:
        lines = _lines(case, parting)
        monitor = {"directly": parting.directly, "path": list(parting.path), "wrote": lines}
        facts["divergence"] = {**divergence_facts(program, parting.found), "monitor": monitor}
    return facts
