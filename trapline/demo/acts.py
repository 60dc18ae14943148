"""What the demo does, act by act; `trapline.commands.demo` is its command and `trapline.demo.story` its voice."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from guests.catalogue import guests
from isa.devices import Script
from isa.engines.choice import DEFAULT
from proofs.runs.compare import Comparison, Setup, compare
from trapline.demo.panels import panels, plain, printable
from trapline.demo.stage import Stage
from trapline.demo.story import Story
from trapline.reports.comparison import divergence_lines, instruction_text
from trapline.running.programs import Program, find
from trapline.running.rig import Outfit, Rig, build, plenty, scratch_disk

SYSTEM, OTHERS = "os", ("quicksort", "rogue")
VARIANT = "g3_sgdt"  # and the guest that notices is the one that is shipped for it
BUDGET = 1_000_000  # steps of any one run
QUANTUM = 700  # steps of a turn: few, so that something can be seen
FRAME = 0.05  # seconds that a turn lasts in a live view


@dataclass(slots=True)
class Findings:
    """What came out of it. `good`: everything is as the theory says."""

    system: Rig
    stage: Stage
    comparisons: dict[str, Comparison]
    variant: Comparison
    traitor: Program

    @property
    def good(self) -> bool:
        runs = self.system.machine.halted and all(actor.vm.halted for actor in self.stage.actors)
        same = all(comparison.equivalent for comparison in self.comparisons.values())
        return runs and same and not self.variant.equivalent


def perform(story: Story, fast: bool, engine: str = DEFAULT) -> Findings:
    """All four acts, told as they happen. Raises TraplineError."""
    system = find(SYSTEM, None)
    programs = [system, *(find(name, None) for name in OTHERS)]
    story.chapter(f"An operating system boots on the bare {system.isa.name}")
    booted = _rig(system, 0, engine)
    story.lines(printable(booted.output.decode()).splitlines(), "| ")
    story.lines([f"{booted.machine.steps:,} steps; it owned the machine: mode, relocation, timer, devices"])
    story.chapter("The same system and two other guests under one monitor, each on a machine of its own")
    stage = _together(story, programs, fast, engine)
    story.chapter("Each of them bare and monitored, compared at every exit")
    comparisons = {program.name: _compared(program, engine) for program in programs}
    story.lines(_same(name, c) for name, c in comparisons.items())
    traitor = find(next(guest.name for guest in guests() if guest.machine == VARIANT), None)
    story.chapter(f"The same on {traitor.machine}. {traitor.isa.doc}")
    for name in (SYSTEM, *OTHERS):
        story.lines([_same(name, _compared(find(name, traitor.machine), engine))])
    rigs, variant = [_rig(traitor, depth, engine) for depth in (0, 1)], _compared(traitor, engine)
    story.lines(_noticed(traitor, rigs, variant))
    return Findings(booted, stage, comparisons, variant, traitor)


def _outfit(program: Program) -> Outfit:
    return Outfit(Script(program.input), disk=scratch_disk(program.isa, None, program.disk)())


def _rig(program: Program, depth: int, engine: str) -> Rig:
    rig = build(program.isa, program.storage or plenty(program.isa), _outfit(program), depth, engine)
    rig.machine.load(program.image)
    rig.machine.run(BUDGET)
    return rig


def _together(story: Story, programs: list[Program], fast: bool, engine: str) -> Stage:
    stage = Stage(programs[0].isa, programs, engine=engine)
    if story.live:
        _watch(story, stage, 0.0 if fast else FRAME)
    else:
        while stage.turn(QUANTUM):
            pass
        story.lines(plain(stage))
    return stage


def _watch(story: Story, stage: Stage, frame: float) -> None:
    """Turns under a live view; a turn lasts at least `frame` seconds."""
    from rich.live import Live

    with Live(panels(stage), console=story.out, auto_refresh=False) as view:
        going = True
        while going:
            began = time.monotonic()
            going = stage.turn(QUANTUM)
            view.update(panels(stage), refresh=True)
            time.sleep(max(0.0, frame - (time.monotonic() - began)))


def _compared(program: Program, engine: str) -> Comparison:
    words = program.storage or plenty(program.isa)
    setup = Setup(program.isa, program.image, words, lambda: _outfit(program).ports(program.isa), engine=engine)
    return compare(setup, BUDGET)


def _same(name: str, found: Comparison) -> str:
    if found.divergence is not None:
        return f"{name}: NOT equivalent, differs at step {found.divergence.step:,}"
    return f"{name}: equivalent over {found.steps:,} steps, compared {found.compared:,} times"


def _noticed(program: Program, rigs: list[Rig], found: Comparison) -> Iterator[str]:
    """What the guest prints on either machine, bare and monitored, and the instruction that told it."""
    for label, rig in zip(("bare", "monitored"), rigs, strict=True):
        yield f"{program.name}, {label}:"
        yield from (f"| {line}" for line in printable(rig.output.decode()).splitlines())
    if found.divergence is not None:
        yield from divergence_lines(program, found.divergence)


def verdict(found: Findings) -> str:
    """The conclusion in words."""
    if not found.good:
        return "not as the theory says. Something is wrong with the monitor; `trapline compare` shows where."
    machine, variant = found.stage.real.isa, found.traitor.isa
    assert found.variant.divergence is not None
    told = instruction_text(found.traitor, found.variant.divergence)
    statistics = [actor.vm.statistics for actor in found.stage.actors]
    exits = sum(sum(s.by_decision().values()) for s in statistics)
    direct = sum(s.direct for s in statistics)
    steps = direct + sum(s.interpreted for s in statistics)
    return (
        f"as far as these guests can tell, {machine.name} can be virtualized: {direct / steps:.1%} of {steps:,} "
        f"instructions ran directly, the monitor handled {exits:,} exits, and no guest saw a difference. "
        f"{variant.name} cannot: `{told}` does not trap, and tells a guest that it is not where it thinks it is."
    )
