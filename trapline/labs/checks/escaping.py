"""Lab 5: a guest that tells whether it runs on the machine itself or under a monitor, where the machine fails
Theorem 1; and that can no longer tell once the culprit has a guard."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from isa.assembler import Image
from isa.description import Isa
from isa.encoding import decoder
from isa.language import load_text
from isa.machine import Exit, Machine, Reason
from proofs.definitions.classification import subjects
from proofs.definitions.exact import exact
from proofs.runs.compare import Divergence, Setup, compare
from proofs.terms.solving import Found
from proofs.verdict.repair import SUFFIX, variant, written_guard
from proofs.verdict.verification import QUESTION, core_of
from trapline.debugging.difference import difference
from trapline.labs.checks.kind import Attempt, Failure
from trapline.labs.checks.running import image_of, machine_of
from trapline.reports.exits import source_line
from trapline.running.rig import Outfit, exit_code

BARE, MONITORED = 0, 1  # the exit codes with which a guest says where it is
LENGTHS = (1024, 2048, 4096)  # words of storage, for a start


def parts(attempt: Attempt) -> Failure | None:
    """Bare and monitored it differs, first at an instruction that breaks Theorem 1; with a guard there it does not."""
    isa, image = machine_of(attempt), image_of(attempt)
    setup = _setup(attempt, isa, image)
    found = compare(setup, attempt.steps).divergence
    if found is None:
        return Failure(f"bare and under the monitor it does the same, for {attempt.steps:,} steps")
    name = _culprit(isa, found)
    if name is None:
        return _at(found, attempt, setup, "the two part here, but not at an instruction that breaks Theorem 1")
    mended = _setup(attempt, guarded(isa, name), image)
    still = compare(mended, attempt.steps).divergence
    if still is not None:
        return _at(still, attempt, mended, f"with a guard on `{name}` the two still part")
    return None


def tells(attempt: Attempt) -> Failure | None:
    """It halts with exit code 0 bare, and with 1 under one monitor or several; with 0 in all of them on the machine
    whose culprit has a guard."""
    isa, image = machine_of(attempt), image_of(attempt)
    setup = _setup(attempt, isa, image)
    found = compare(setup, attempt.steps).divergence
    name = _culprit(isa, found) if found else None
    if name is None:
        return Failure("the two do not part at an instruction that breaks Theorem 1")
    mended = replace(setup, isa=guarded(isa, name))
    under, here = f"under {_monitors(setup)}", "on the machine that was mended"
    runs: list[tuple[str, Setup, Callable[[], Machine], int]] = [
        ("bare", setup, setup.bare, BARE),
        (under, setup, setup.monitored, MONITORED),
        (f"bare, {here}", mended, mended.bare, BARE),
        (f"{under}, {here}", mended, mended.monitored, BARE),
    ]
    for where, made, make, code in runs:
        machine = make()
        failure = _said(attempt, image, machine, machine.run(attempt.steps), where, code)
        if failure is not None:
            return replace(failure, moment=difference(made, image, _file(attempt), machine.steps))
    return None


def short(attempt: Attempt) -> Failure | None:
    """It has at most `most` words."""
    words, most = length(attempt), attempt.check.numbers["most"]
    return None if words <= most else Failure(f"it has {words} words; {most} are allowed")


def length(attempt: Attempt) -> int:
    """How many words the program has."""
    return sum(len(segment.words) for segment in image_of(attempt).segments)


@lru_cache(maxsize=64)
def guarded(isa: Isa, name: str) -> Isa:
    """The machine with a guard on this instruction, as `trapline repair` would write it."""
    mended = f"{isa.name}{SUFFIX}"
    return load_text(variant(isa, mended, (name,), written_guard(isa)), mended)


@lru_cache(maxsize=64)
def breaks(isa: Isa, name: str) -> bool:
    """Whether an instruction breaks Theorem 1."""
    what = next(what for what in subjects(isa) if what.name == name)
    core = core_of(isa)
    return core is not None and exact(core, what, QUESTION).fails is Found.YES


def _culprit(isa: Isa, found: Divergence) -> str | None:
    """The instruction at which the two part, if it breaks Theorem 1."""
    instruction = None if found.word is None else decoder(isa).find(found.word)
    return instruction.name if instruction and breaks(isa, instruction.name) else None


def _setup(attempt: Attempt, isa: Isa, image: Image) -> Setup:
    """What is compared: on machines of a size, and under a number of monitors, that the seed draws."""
    random = attempt.random
    words, monitors = random.choice(LENGTHS), random.choice((1, 1, 2))
    return Setup(isa, image, words, lambda: Outfit().ports(isa), monitors)


def _monitors(setup: Setup) -> str:
    return "the monitor" if setup.depth == 1 else f"{setup.depth} monitors, one under the other"


def _said(attempt: Attempt, image: Image, machine: Machine, end: Exit, where: str, code: int) -> Failure | None:
    """What is wrong with how a run ended, if it did not halt with this exit code."""
    if end.reason is Reason.HALT and exit_code(machine) == code:
        return None
    found = f"exit code {exit_code(machine)}" if end.reason is Reason.HALT else f"{end.reason.value} {end.detail}"
    message = f"{where}, on {machine.storage.size:,} words, it must halt with exit code {code}: {found.rstrip()}"
    return Failure(message, machine.steps, source_line(image, machine.engine.place()))


def _at(found: Divergence, attempt: Attempt, setup: Setup, message: str) -> Failure:
    image, states = image_of(attempt), {d.name: (d.bare, d.monitored) for d in found.differences}
    before = {name: f"{value:#x}" for name, value in found.before.items() if value}
    line, moment = source_line(image, found.place), difference(setup, image, _file(attempt), found.step)
    return Failure(message, found.step, line, before, states, moment=moment)


def _file(attempt: Attempt) -> str:
    return attempt.check.file or attempt.lab.files[0]
