"""The bare machine, and the monitors that are derived from its description: one kind for each technique."""

from dataclasses import replace

from monitor.techniques import Technique
from proofs.runs.compare import Divergence, Setup, compare
from trapline.kinds.kind import Case, Tried
from trapline.reports.comparison import instruction_text


def bare(case: Case) -> Tried:
    """The guest as it is; every other kind is compared with this."""
    machine = case.setup.bare()
    machine.run(case.steps)
    ready = case.ready(replace(case.setup, engine=case.engine).bare)
    return Tried("bare", True, steps=machine.steps, direct=1.0, ready=ready)


def derived(case: Case, technique: Technique) -> Tried:
    """The guest under one monitor of this technique."""
    return compared(technique.name, case, replace(case.setup, monitors=(technique,)))


def compared(name: str, case: Case, setup: Setup) -> Tried:
    """The guest bare and monitored, as a setup says; where they agree, the monitored run can be timed."""
    result = compare(setup, case.steps)
    assert result.machine is not None
    statistics = result.machine.statistics
    exits = {decision.value: count for decision, count in statistics.by_decision().items() if count}
    if not result.equivalent:
        assert result.divergence is not None
        return Tried(name, False, where(case, result.divergence), result.steps, statistics.share_direct, exits)
    ready = case.ready(replace(setup, engine=case.engine).monitored)
    return Tried(name, True, "", result.steps, statistics.share_direct, exits, ready=ready)


def where(case: Case, found: Divergence) -> str:
    """The first difference in a line."""
    what = found.breach or ", ".join(d.name for d in found.differences[:3])
    return f"step {found.step:,}, pc {found.pc:#x}: {instruction_text(case.program, found)}: {what} differs"
