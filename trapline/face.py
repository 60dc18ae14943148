"""What `import trapline` offers, for notebooks and scripts: docs/python.md, whose examples are tests.

    load, guest, assemble             a machine's description; a program, shipped, from a file, or from a text
    machine, run, compare             run a program, bare or under monitors, or both and compared
    verify, prove, witness            what is true for all states, and a guest that shows what is not
    guests                            the shipped guests

Each does what the command of its name does, and raises the same errors, `TraplineError` and those under it. Where a
description or a program is wanted, its name will do. All that is heavy is loaded by the first call that needs it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guests.catalogue import DIRECTORY, LIBRARY
from guests.catalogue import Guest as Guest
from guests.catalogue import guests as guests
from isa.assembler import Directory
from isa.assembler import assemble as assembled
from isa.description import Isa
from isa.devices import Input, Script
from isa.display import Displayed
from isa.engines.choice import DEFAULT
from isa.errors import UsageError
from isa.machine import Exit, Machine
from isa.machines.catalogue import find as find_machine
from trapline.options import DEFAULT_STEPS
from trapline.running.programs import Program as Program
from trapline.running.programs import find
from trapline.running.rig import Outfit, Rig, build, plenty, scratch_disk

if TYPE_CHECKING:
    from monitor.techniques import Monitors
    from proofs.runs.compare import Comparison
    from proofs.verdict.proving import Proof
    from proofs.verdict.theorems import Verification
    from proofs.witness.finding import Finding


@dataclass(frozen=True, slots=True, repr=False)
class Run(Displayed):
    """A run that has ended: how, the machine as it stands, what it printed, and what it left as its exit code."""

    end: Exit
    machine: Machine
    output: str
    code: int

    def title(self) -> str:
        return f"run on {self.machine.isa.name}: {self.end.reason.value}"

    def shown(self) -> Iterator[tuple[str, str]]:
        yield from self.end.shown()
        yield "exit code", str(self.code)
        yield "output", repr(self.output)


def load(name: str) -> Isa:
    """A machine's description: a shipped name, or PATH[:NAME]. Raises UsageError, SourceError."""
    return find_machine(name)


def guest(name: str, isa: Isa | None = None, **definitions: int) -> Program:
    """A shipped guest by name, an assembly file (.s), or an image; for another machine than its own if one is given.

    Keywords are constants, as `--define` gives them. Raises UsageError, SourceError, TraplineError.
    """
    program = find(name, None, tuple(definitions.items()))
    if isa is None or program.guest is None:
        return program
    with open(program.guest.file, encoding="utf-8") as file:
        text = file.read()
    directory = Directory(DIRECTORY, LIBRARY)
    image = assembled(isa, text, program.guest.file, directory, definitions)
    return Program(program.name, isa.name, isa, image, program.guest)


def assemble(isa: Isa | str, text: str, name: str = "notebook", **definitions: int) -> Program:
    """A program from its text, which may include shipped files (`.include <console.s>`), but no others.

    Keywords are constants, as `--define` gives them. Raises SourceError with everything that is wrong.
    """
    isa = _described(isa)
    image = assembled(isa, text, name, Directory(DIRECTORY, LIBRARY), definitions)
    return Program(name, isa.name, isa, image, None)


def machine(
    program: Program | str, monitors: int | str = 0, input: str | None = None, engine: str = DEFAULT
) -> Machine:
    """A machine with a program in it, ready to run: the real one, or a virtual one on top of so many monitors, or of
    others than those that trap and emulate: `"hybrid"`, `"trap,interpret:2"`, the lowest first.

    `input` is what its console will read; without it, what the guest's header says. Raises MachineError.
    """
    return _rig(program, monitors, input, engine).machine


def run(
    program: Program | str,
    monitors: int | str = 0,
    steps: int = DEFAULT_STEPS,
    input: str | None = None,
    engine: str = DEFAULT,
) -> Run:
    """Run a program for at most so many steps, as `machine` makes its machine. Raises MachineError."""
    rig = _rig(program, monitors, input, engine)
    end = rig.machine.run(steps)
    return Run(end, rig.machine, rig.output.decode("latin-1"), rig.exit_code)


def compare(
    program: Program | str,
    monitors: int | str = 1,
    steps: int = DEFAULT_STEPS,
    input: str | None = None,
    engine: str = DEFAULT,
) -> "Comparison":
    """Run a program bare and monitored, compared at every exit: `equivalent`, or else the `divergence`."""
    from proofs.runs.compare import Setup
    from proofs.runs.compare import compare as compared

    program = _found(program)
    words, isa = _words(program), program.isa
    ports, tower = (lambda: _outfit(program, input).ports(isa)), _towered(monitors)
    setup = Setup(isa, program.image, words, ports, tower, engine=engine)
    return compared(setup, steps)


def verify(isa: Isa | str, timeout: float = 120.0) -> "Verification":
    """The three theorems, decided for all states of a machine, within so many seconds."""
    from proofs.verdict.verification import verify as verified

    return verified(_described(isa), timeout)


def prove(isa: Isa | str, timeout: float = 120.0) -> "Proof":
    """Whether our monitor is right for a machine. Raises TraplineError for one that it does not take."""
    from proofs.verdict.proving import prove as proved
    from proofs.verdict.proving import required

    isa = _described(isa)
    return proved(isa, timeout, scope=required(isa, timeout))


def witness(isa: Isa | str, instruction: str, timeout: float = 60.0) -> "Finding":
    """The shortest guest that shows why an instruction may not run directly, or why there is none."""
    from proofs.witness.finding import Witnesses

    isa = _described(isa)
    witnesses = Witnesses(isa, isa.name, timeout)
    witnesses.check(instruction)
    return witnesses.against(instruction)


def _described(machine: Isa | str) -> Isa:
    return load(machine) if isinstance(machine, str) else machine


def _found(program: Program | str) -> Program:
    return guest(program) if isinstance(program, str) else program


def _rig(given: Program | str, monitors: int | str, input: str | None, engine: str) -> Rig:
    program = _found(given)
    rig = build(program.isa, _words(program), _outfit(program, input), _towered(monitors), engine)
    rig.machine.load(program.image)
    return rig


def _towered(monitors: int | str) -> "Monitors":
    from monitor.techniques.catalogue import TECHNIQUES, read

    found = monitors if isinstance(monitors, int) else read(monitors)
    if found is None:
        raise UsageError(f"there are no monitors {monitors!r:.60}", f"of these, with commas: {', '.join(TECHNIQUES)}")
    return found


def _words(program: Program) -> int:
    return program.storage or max(plenty(program.isa), program.image.top)


def _outfit(program: Program, input: str | None) -> Outfit:
    given = program.input if input is None else input.encode()
    console: Input | None = Script(given) if given else None
    return Outfit(console, None, scratch_disk(program.isa, None, program.disk)(), queue=program.queue)
