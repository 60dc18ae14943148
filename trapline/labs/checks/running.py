"""Running a submission's program on the bare machine: from storage that is random where the program says nothing, with
what is typed, within a budget. And finding the step at which it first did what it should not."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from isa.assembler import Image
from isa.description import Isa
from isa.devices import Console, Script
from isa.engines.choice import DEFAULT
from isa.machine import Exit, Machine, Reason
from isa.machine.snapshot import Snapshot
from isa.machines.catalogue import find
from trapline.debugging.moment import Moment
from trapline.labs.checks.kind import Attempt, Failure
from trapline.reports.exits import source_line
from trapline.running.rig import Outfit, build, exit_code


@dataclass(frozen=True, slots=True)
class Run:
    """A run that ended so. `output` is what was printed."""

    machine: Machine
    image: Image
    end: Exit
    output: bytes


def machine_of(attempt: Attempt) -> Isa:
    """The machine that the check is about: a shipped one, or a file in the lab's own folder."""
    name = attempt.check.machine or attempt.lab.machine
    path = os.path.join(attempt.lab.folder, name)
    return find(path if os.path.isfile(path) else name)


def image_of(attempt: Attempt) -> Image:
    """The program that the check is about: the lab's first file, unless the check names another."""
    return attempt.submission.image(machine_of(attempt), attempt.check.file or attempt.lab.files[0])


def begun(attempt: Attempt, image: Image, typed: bytes) -> Machine:
    """A bare machine with the program loaded, before its first step. Words that the program does not set are random:
    whoever relies on zeros finds out."""
    isa, limits = machine_of(attempt), attempt.lab.limits
    machine = build(isa, limits.storage, Outfit(Script(typed))).machine
    random = attempt.random
    machine.storage.write(0, [random.getrandbits(isa.word) for _ in range(limits.storage)])
    machine.load(image)
    return machine


def run(attempt: Attempt, image: Image, typed: bytes = b"") -> Run:
    """The program run to its end, or to the end of the budget."""
    machine = begun(attempt, image, typed)
    end = machine.run(attempt.steps)
    return Run(machine, image, end, printed(machine))


def printed(machine: Machine) -> bytes:
    console = machine.ports.find(Console)
    return console.output if console else b""


def unfinished(attempt: Attempt, found: Run, typed: bytes) -> Failure | None:
    """What is wrong with how the run ended, if it did not halt with exit code 0, or with how much it printed."""
    steps, end, most = found.machine.steps, found.end, attempt.lab.limits.output
    code = exit_code(found.machine)
    if end.reason is Reason.HALT and not code and len(found.output) <= most:
        return None
    said = {
        Reason.HALT: f"it halts with exit code {code}, not 0",
        Reason.BUDGET: f"it has not halted after {steps:,} steps; {attempt.steps:,} are allowed",
        Reason.IDLE: f"it waits for ever after {steps:,} steps",
    }
    if len(found.output) > most:
        said[end.reason] = f"it printed {len(found.output):,} characters in {steps:,} steps; {most:,} are the most"
    message = said.get(end.reason, f"it ended after {steps:,} steps: {end.reason.value} {end.detail}".rstrip())
    return at_step(found.machine, found.image, message, typed, lambda: begun(attempt, found.image, typed))


def at_step(
    machine: Machine, image: Image, message: str, typed: bytes, make: Callable[[], Machine] | None = None
) -> Failure:
    """A failure where the machine stands. `make` gives the machine before its first step: from there a debugger comes
    to that place, and can go back."""
    place = machine.engine.place()
    state = {n: f"{v:#x}" for n, v in zip(machine.state.layout.names, machine.state.block, strict=True) if v}
    told = typed.decode("latin-1")
    moment = moment_at(make(), image, machine.steps) if make else None
    return Failure(message, machine.steps, source_line(image, place), state, {}, told, moment)


def moment_at(start: Machine, image: Image, step: int) -> Moment:
    """What a debugger opens to come from where a machine is now to a later step."""
    name = next((line.file for line in image.lines.values()), "the program")
    return Moment(name, start.isa, image, Snapshot.take(start), (), DEFAULT, step)


def first_step(make: Callable[[], Machine], wrong: Callable[[Machine], bool], last: int) -> Machine:
    """The machine before the step that makes it wrong: it is not at 0, it is at `last`, and once wrong it stays so."""
    machine, low, high = make(), 0, last
    right = Snapshot.take(machine)  # at `low`: no step up to there is taken again
    while high - low > 1:
        middle = (low + high) // 2
        machine.run(middle - low)
        if wrong(machine):
            high = middle
            right.apply(machine)
        else:
            low, right = middle, Snapshot.take(machine)
    return machine
