"""Whether a guest keeps what its header promises: what it prints, how it exits, within how many steps; bare and
monitored. `guests.catalogue` says what a header is, `trapline check` is the command.

Where a header promises no exit, a guest promises what `trapline run` asks of all: to halt, with exit code 0.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff

from guests.catalogue import STEPS, Guest, doubts
from isa.assembler.includes import read_source
from isa.description import Kind, Role
from isa.devices import Script
from isa.machine import Exit, Reason
from monitor.techniques.catalogue import Monitors, written
from trapline.running.programs import Program
from trapline.running.rig import Outfit, Rig, build, plenty, scratch_disk

LATE = 10  # times its steps that a guest gets which has not halted within them
MOST_LINES = 40  # of a difference between what was promised and what was printed


@dataclass(frozen=True, slots=True)
class Run:
    """A guest's run under `depth` monitors, which `monitors` names. `broken` says, for each promise that it did not
    keep, what came instead; `diff` has the lines of output that differ."""

    depth: int
    monitors: str
    steps: int
    broken: tuple[str, ...]
    diff: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a guest: `doubts` are lines of its header that look like a key with a slip in it."""

    program: Program
    guest: Guest
    runs: tuple[Run, ...]
    doubts: tuple[str, ...]

    @property
    def kept(self) -> bool:
        """Whether all is as promised: a guest that notices monitors must break its promise under each."""
        noticed = self.guest.notices
        return not self.doubts and all(bool(run.broken) == (noticed and run.depth > 0) for run in self.runs)


def check(program: Program, guest: Guest, towers: Iterable[Monitors], engine: str) -> Checked:
    """Run a guest under each tower of monitors and compare."""
    said = [
        f"{guest.file}:{line}: `{key}` is no key of a header: did you mean `{near}`?"
        for line, key, near in doubts(read_source(guest.file).text)
    ]
    return Checked(program, guest, tuple(_run(program, guest, monitors, engine) for monitors in towers), tuple(said))


def _run(program: Program, guest: Guest, monitors: Monitors, engine: str) -> Run:
    disk = scratch_disk(program.isa, None, program.disk)()
    kit = Outfit(Script(program.input), None, disk, queue=program.queue)
    rig = build(program.isa, program.storage or plenty(program.isa), kit, monitors, engine)
    rig.machine.load(program.image)
    end = rig.machine.run(guest.steps)
    if end.reason is Reason.BUDGET:  # it is late: how late, and does it do the rest?
        end = rig.machine.run(max(STEPS, LATE * guest.steps))
    printed = rig.output.decode("utf-8", "backslashreplace")
    diff = _diff(guest.prints, printed) if "prints" in guest.given and printed != guest.prints else ()
    broken = [*_ending(rig, guest, end)] + (["it prints something else:"] if diff else [])
    return Run(rig.depth, written(monitors), rig.machine.steps, tuple(broken), diff)


def _ending(rig: Rig, guest: Guest, end: Exit) -> Iterator[str]:
    """What is wrong with how it ended."""
    steps = rig.machine.steps
    if end.reason is Reason.HALT and steps > guest.steps:
        yield f"it halts after {steps:,} steps, not within {guest.steps:,}"
    if end.reason is not Reason.HALT:
        what = {Reason.BUDGET: "has not halted", Reason.IDLE: "waits for ever"}.get(end.reason, end.reason.value)
        yield f"it {what} after {steps:,} steps" + (f": {end.detail}" if end.detail else "")
    elif guest.exit is None:
        if rig.exit_code != (guest.code or 0):
            yield f"it ends with exit code {rig.exit_code}, not {guest.code or 0}"
    else:
        register, value = guest.exit
        found = register_of(rig, register)
        if found != value:
            shown = "no such register" if found is None else found
            yield f"it ends with {shown} in register {register}, not {value}"


def register_of(rig: Rig, number: int) -> int | None:
    """A cell of the first @general register file; None if there is none."""
    files = (s.name for s in rig.isa.states.values() if s.role is Role.GENERAL and s.kind is Kind.ARRAY)
    cells = next((rig.machine.state[name] for name in files), None)
    return cells[number] if isinstance(cells, list) and number < len(cells) else None


def _diff(promised: str, printed: str) -> tuple[str, ...]:
    lines = [*unified_diff(promised.splitlines(), printed.splitlines(), "promised", "printed", lineterm="", n=1)]
    if not lines:
        lines = ["(only how the last line ends differs)"]
    more = [f"... {len(lines) - MOST_LINES} lines more"] if lines[MOST_LINES:] else []
    return (*lines[:MOST_LINES], *more)
