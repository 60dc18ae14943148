"""Programs in user mode, and the supervisor that a student wrote for them: from one crossing of the border to the next.

`out` runs a program up to its next trap, `back` has the supervisor serve it. What lies between is looked at by the
checks of labs 2 and 3 (`promises.py`): nothing of how the supervisor does its work is asked, only what a program finds
afterwards.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from isa.assembler import Image, assemble
from isa.assembler.disassembly import Disassembler
from isa.description import Isa, Place, Role
from isa.devices import Script
from isa.machine import Machine, Reason, Trap
from isa.machine.moment import Moment
from isa.machines.catalogue import find
from trapline.labs.checks.kind import Attempt, Failure
from trapline.labs.checks.running import at_step, machine_of, moment_at, printed
from trapline.labs.lab import Lab
from trapline.running.rig import Outfit, build, exit_code

WINDOW, SIZE = 4096, 1024  # where the first program lies, and how many words each has
SERVING = 20_000  # steps that a supervisor may take for one trap

OFF, AS_SET, EVERY = range(3)  # the clock: never due, as the supervisor sets it, due once at every possible step

States = Mapping[str, tuple[str, str]]
Look = Callable[[Machine], object]
Mark = tuple[Moment, bytes]  # a machine, and the words of its storage


class Wrong(Exception):
    """What the supervisor did wrong. `states` are names to (expected, found); the last of its steps that changed what
    `look` sees is to blame: without it the very last one, or if it stands `here` the one that it would do next."""

    def __init__(
        self, message: str, states: States | None = None, look: Look | None = None, here: bool = False
    ) -> None:
        super().__init__(message)
        self.message, self.states, self.look, self.here = message, states or {}, look, here


def program(lab: Lab, name: str, **definitions: int) -> Image:
    """A program of the lab's own, as its constants say; never the student's copy of it."""
    text = (Path(lab.starter) / name).read_text()
    return assemble(find(lab.machine), text, name, None, dict(definitions))


@dataclass
class Served:
    """A machine with the student's image below and programs in windows above; `told` are words that the supervisor is
    told something by. `due` has the clock run down once: after so many steps of programs it then shows so much. `ran`
    counts those steps; `crossed` is when the last trap was delivered, and `mark` the machine at that moment."""

    attempt: Attempt
    image: Image
    programs: Sequence[Image]
    told: Mapping[int, int] = field(default_factory=dict)
    machine: Machine = field(init=False)
    first: Mark = field(init=False)
    due: tuple[int, int] | None = None
    ran: int = 0
    crossed: int = 0
    mark: Mark | None = None

    def __post_init__(self) -> None:
        isa, words = machine_of(self.attempt), WINDOW + SIZE * len(self.programs)
        self.machine = build(isa, words, Outfit(Script(b""))).machine
        storage, random = self.machine.storage, self.attempt.random
        for number in range(len(storage.lines)):  # what no program sets is random
            storage.put_line(number, random.randbytes(storage.line(number).nbytes))
        for window, image in zip(self.windows, self.programs, strict=True):
            for segment in image.segments:
                storage.write(window + segment.address, segment.words)
        self.machine.load(self.image)
        for place, word in self.told.items():
            storage.write(place, [word])
        self.first = self._now()

    def again(self, due: tuple[int, int] | None) -> None:
        """Begin anew, with the clock due at another moment. It is the same machine: what its engine knows of the code
        is worth more than the runs."""
        self._restore(*self.first)
        self.due, self.ran, self.mark = due, 0, None

    @property
    def windows(self) -> range:
        """The first word of each program's window."""
        return range(WINDOW, WINDOW + SIZE * len(self.programs), SIZE)

    # ---- crossing the border

    def begin(self) -> bool:
        """Run the supervisor up to the first step of a program; False if the machine halts before."""
        self.crossed = self.machine.steps
        self._keep()
        return self._served()

    def out(self) -> Trap:
        """Run a program up to its next trap."""
        self.mark = None
        if self.due is not None and self.ran <= self.due[0]:
            trap = self._ahead(self.due[0] - self.ran)
            if trap is not None:
                return trap
            self.put(Role.TIMER, self.due[1])
            self.due = None
        trap = self._ahead(self.attempt.steps)
        if trap is None:
            raise Wrong(f"it has not ended after {self.attempt.steps:,} steps", here=True)
        return trap

    def _ahead(self, steps: int) -> Trap | None:
        """Run a program for so many steps, or up to its next trap."""
        self.machine.break_places = set()
        end = self.machine.run_to_trap(steps)
        self.ran += end.steps
        if end.reason is Reason.IDLE:
            raise Wrong("a program loops for ever, for the clock is off", here=True)
        return end.trap

    def back(self, trap: Trap) -> bool:
        """Deliver a trap and have it served, up to the first step in a program again; False if the machine halts."""
        self.crossed = self.machine.steps
        self._keep()
        self.machine.enter(trap)
        return self._served()

    def _served(self) -> bool:
        self.machine.break_places = self._inside
        end = self.machine.run_to_trap(SERVING)
        match end.reason:
            case Reason.HALT:
                return False
            case Reason.BREAKPOINT:
                return True
            case Reason.TRAP if end.trap is not None and self.in_user_mode:
                return True  # it is due before the program's first step
            case Reason.TRAP if end.trap is not None:
                raise Wrong(
                    f"a trap while the supervisor runs ({self.cause(end.trap)}): there is one save area", here=True
                )
            case Reason.IDLE:
                raise Wrong("the supervisor waits for ever", here=True)
        raise Wrong(f"the supervisor has not come back to a program after {SERVING:,} steps", here=True)

    @cached_property
    def _inside(self) -> set[int]:
        return set(range(WINDOW, self.machine.storage.size))

    def _keep(self) -> None:
        if self.attempt.explained:
            self.mark = self._now()

    def _now(self) -> Mark:
        return Moment.take(self.machine), self.machine.storage.cells.tobytes()

    # ---- what there is to see

    @property
    def isa(self) -> Isa:
        return self.machine.isa

    @property
    def in_user_mode(self) -> bool:
        return self.at(self.isa.the(Role.MODE)) in self.isa.modes.others

    def at(self, place: Place) -> int:
        """What stands in a place that is no storage."""
        return self.machine.state.block[self.slot(place)] >> place.low & (1 << place.width) - 1

    def put(self, role: Role, value: int) -> None:
        """Have something else in the only place with a role, a whole scalar."""
        self.machine.state.block[self.slot(self.isa.the(role))] = value

    @property
    def timer(self) -> int:
        return self.at(self.isa.the(Role.TIMER))

    def slot(self, place: Place) -> int:
        return self.machine.state.layout.slots[place.state].first

    @property
    def registers(self) -> range:
        """The slots of the general registers."""
        slot = self.machine.state.layout.slots[self.isa.the(Role.GENERAL).state]
        return range(slot.first, slot.first + slot.count)

    def named(self, slot: int) -> str:
        """What a student calls a part of the state."""
        registers = self.registers
        return f"r{slot - registers.start}" if slot in registers else self.machine.state.layout.names[slot]

    def cause(self, trap: Trap) -> str:
        return self.isa.cause.name_of(trap.cause) or str(trap.cause)

    def shown(self, place: int | None) -> str:
        """An instruction of a program, by where it lies in storage."""
        if place is None or place < WINDOW:
            return "a place outside the window"
        word = (place - WINDOW) % SIZE
        statement = Disassembler(self.isa).statement(self.machine.storage.load(place), word, {})
        return f"`{statement}` at its word {word}"

    @property
    def output(self) -> bytes:
        return printed(self.machine)

    @property
    def code(self) -> int:
        return exit_code(self.machine)

    # ---- who is to blame

    def failure(self, wrong: Wrong, told: str) -> Failure:
        """The counterexample, at the last step of the supervisor that wrote what is wrong. `told` is added to it."""
        message = f"{wrong.message}; {told}"
        if not self.attempt.explained:
            return Failure(message)
        if self.mark is None:
            return at_step(self.machine, self.image, message, b"")
        if not wrong.here:
            self._rewind(self.mark, wrong.look or (lambda machine: machine.steps))
        step, found = self.machine.steps, at_step(self.machine, self.image, message, b"")
        self._restore(*self.mark)  # a debugger sees all that the supervisor did for this trap
        return replace(found, states=wrong.states, moment=moment_at(self.machine, self.image, step))

    def _rewind(self, mark: Mark, look: Look) -> None:
        """Go back to the last step since the border was crossed that changed what is seen, or else to the last of
        all."""
        machine, last = self.machine, self.machine.steps
        self._restore(*mark)
        machine.break_places = set()
        found, seen = last - 1, look(machine)
        while machine.steps < last:
            machine.run(1)
            if look(machine) != seen:
                found, seen = machine.steps - 1, look(machine)
        self._restore(*mark)
        machine.run(found - machine.steps)

    def _restore(self, moment: Moment, words: bytes) -> None:
        moment.put(self.machine)
        storage, start = self.machine.storage, 0
        for number in range(len(storage.lines)):
            end = start + storage.line(number).nbytes
            storage.put_line(number, words[start:end])
            start = end


def tried(served: Served, act: Callable[[], None], told: str) -> Failure | None:
    """What is wrong when programs are served, if anything is."""
    try:
        act()
    except Wrong as wrong:
        return served.failure(wrong, told)
    return None


def everywhere(served: Served, run: Callable[[], Failure | None]) -> Failure | None:
    """What is wrong in a run; and where the check says so, in one for each step of programs at which the clock may be
    due, or may run down while the supervisor works."""
    failure, steps = run(), served.ran
    if failure is not None or served.attempt.check.numbers["clock"] != EVERY:
        return failure
    for at in range(steps):
        for timer in (1, 2):
            served.again((at, timer))
            failure = run()
            if failure is not None:
                return failure
    return None
