"""Lab 2: a trap handler. Every trap of a random program is held to what the handout promises: what the program finds
afterwards, what was printed, and what the clock shows."""

from enum import Enum
from functools import partial

from isa.description import Role
from isa.machine import Machine, Trap
from trapline.labs.checks.kind import Attempt, Failure
from trapline.labs.checks.running import image_of, printed
from trapline.labs.checks.serving import SIZE, WINDOW, Served, Wrong, program, tried

EXIT, PRINT, TICKS = range(3)  # services
TICK, SLACK = 300, 100  # steps from one clock trap to the next, and how many of them a handler may need
NO_SUCH, STRAYED = 0xFFFF_FFFF, 255  # what a service that there is not answers, and how a program ends that ran astray
OFF, AS_SET, EVERY = range(3)  # the clock: never due, as the handler sets it, due once at every possible step


class Cause(Enum):
    ILLEGAL = "illegal"
    PRIVILEGED = "privileged"
    MEMORY = "memory"
    SERVICE = "svc"
    CLOCK = "clock"
    DEVICE = "device"


MARKS = {Cause.ILLEGAL: b"i", Cause.PRIVILEGED: b"p", Cause.MEMORY: b"m"}


class Handling:
    """A program under the student's handler, and what it was promised so far."""

    def __init__(self, served: Served, clock: int, due: tuple[int, int] | None = None) -> None:
        self.served, self.clock, self.due = served, clock, due
        self.ticks, self.ran, self.output, self.ended = 0, 0, b"", False

    def run(self) -> None:
        """All of it. Raises Wrong."""
        served = self.served
        if not served.begin():
            raise Wrong("the machine halts before the program runs")
        self._begins()
        while not self.ended:
            self._wind()
            trap = self._out()
            self._serve(trap)
            if served.machine.steps > served.attempt.steps:
                raise Wrong(f"the program has not ended after {served.attempt.steps:,} steps")

    def _begins(self) -> None:
        """The program stands where it begins, in its window, with interrupts on and the clock running."""
        served = self.served
        roles = {Role.PC: 0, Role.BASE: WINDOW, Role.BOUND: SIZE, Role.ENABLE: 1}
        if not served.in_user_mode:
            raise Wrong("the program begins in supervisor mode")
        for role, value in roles.items():
            place = served.isa.the(role)
            if served.at(place) != value:
                states = {role.value: (f"{value:#x}", f"{served.at(place):#x}")}
                raise Wrong(f"the program does not begin as it should: its {role.value} is wrong", states)
        self._wound(served.at(served.isa.the(Role.TIMER)))

    def _wind(self) -> None:
        """Where the clock plays no part, see that it is not due: more steps are left than the program may take."""
        if self.clock == OFF:
            self.served.put(Role.TIMER, self.served.attempt.steps * 10)

    def _out(self) -> Trap:
        """The program up to its next trap; where the clock is to be due at a step, it is."""
        served, left = self.served, self.served.attempt.steps
        if self.due is not None:
            at, timer = self.due
            first = served.machine.steps
            trap = served.out(at - self.ran) if at > self.ran else None
            self.ran += served.machine.steps - first
            if trap is not None:
                return trap
            served.put(Role.TIMER, timer)
            self.due = None
        first = served.machine.steps
        trap = served.out(left)
        self.ran += served.machine.steps - first
        if trap is None:
            raise Wrong(f"the program has not ended after {left:,} steps")
        return trap

    def _serve(self, trap: Trap) -> None:
        """Have a trap served, and hold what comes of it to what was promised."""
        served, place = self.served, self.served.machine.engine.place()
        words = _window(served.machine)
        timer = served.at(served.isa.the(Role.TIMER))
        expected = list(served.machine.state.block)
        self._promise(trap, expected)
        goes_on = served.back(trap)
        try:
            self._ends(expected, goes_on)
            self._printed()
            if goes_on:
                self._state(expected)
                self._kept(words)
                self._clock(trap, timer)
        except Wrong as wrong:
            where = f"after the {served.cause(trap)} trap at {served.shown(place)}"
            raise Wrong(f"{where} {wrong.message}", wrong.states, wrong.look) from None

    def _kept(self, words: bytes) -> None:
        if _window(self.served.machine) != words:
            raise Wrong("the program's own storage has changed", {}, _window)

    def _promise(self, trap: Trap, expected: list[int]) -> None:
        """What a trap has to come to: the state that the program finds, what is printed, whether it is the end."""
        served, cause = self.served, Cause(self.served.cause(trap))
        pc, first = served.machine.pc_slot, served.registers.start
        if cause is Cause.DEVICE:
            raise Wrong("a device wants attention; a handler needs no device but the console, and nobody types")
        if cause is Cause.CLOCK:
            self.ticks += 1
            return
        if cause is Cause.SERVICE:
            self._service(trap.info, expected, first + 1)
        elif cause is Cause.MEMORY and trap.info == expected[pc]:
            self.output += b"f"
            self.ended = True
            expected[first + 1] = STRAYED
        else:
            self.output += MARKS[cause]
        expected[pc] += 1

    def _service(self, number: int, expected: list[int], register: int) -> None:
        match number:
            case 0:
                self.ended = True
            case 1:
                self.output += bytes([expected[register] & 0xFF])
            case 2:
                expected[register] = self.ticks
            case _:
                expected[register] = NO_SUCH

    # ---- what came of it

    def _printed(self) -> None:
        found = self.served.output
        if found != self.output:
            at = next((i for i, (a, b) in enumerate(zip(found, self.output, strict=False)) if a != b), None)
            at = min(len(found), len(self.output)) if at is None else at
            shown, wanted = found[at : at + 8].decode("latin-1"), self.output[at : at + 8].decode("latin-1")
            raise Wrong(f"what it has printed goes on with {shown!r} instead of {wanted!r}", {}, printed)

    def _ends(self, expected: list[int], goes_on: bool) -> None:
        if goes_on and self.ended:
            raise Wrong("the machine should have halted, and the program goes on")
        if not goes_on and not self.ended:
            raise Wrong("the machine halts, and the program should go on")
        if goes_on:
            return
        code = expected[self.served.registers.start + 1]
        if self.served.code != code:
            raise Wrong(f"the exit code in r1 is {self.served.code}, not {code}")

    def _state(self, expected: list[int]) -> None:
        """All that the program can see of the state, time apart."""
        served, passing = self.served, {self.served.slot(self.served.isa.the(Role.TIMER))}
        for slot, (wanted, found) in enumerate(zip(expected, served.machine.state.block, strict=True)):
            if wanted != found and slot not in passing:
                what = served.named(slot)
                raise Wrong(
                    f"{what} is {found:#x}, not {wanted:#x}",
                    {what: (f"{wanted:#x}", f"{found:#x}")},
                    partial(_slot, slot),
                )

    def _clock(self, trap: Trap, timer: int) -> None:
        """A clock trap winds the clock up again, and nothing else does."""
        served, place = self.served, self.served.isa.the(Role.TIMER)
        found = served.at(place)
        if self.clock == OFF:
            return
        if served.cause(trap) == Cause.CLOCK.value:
            self._wound(found)
        elif found != max(1, timer - (served.machine.steps - served.crossed - 1)):
            raise Wrong(
                f"the clock stands at {found}, and stood at {timer} before: it must go on",
                {},
                partial(_slot, served.slot(place)),
            )

    def _wound(self, found: int) -> None:
        if not TICK - SLACK <= found <= TICK:
            slot = self.served.slot(self.served.isa.the(Role.TIMER))
            states = {"timer": (f"{TICK - SLACK} to {TICK}", str(found))}
            raise Wrong(
                f"when the program goes on after the clock was set, it stands at {found}", states, partial(_slot, slot)
            )


def _window(machine: Machine) -> bytes:
    return machine.storage.cells[WINDOW:].tobytes()


def _slot(slot: int, machine: Machine) -> int:
    return machine.state.block[slot]


def traps(attempt: Attempt) -> Failure | None:
    """A random program of so many `pieces`, of the first so many `kinds`, is served as the handout says."""
    numbers, seed = attempt.check.numbers, attempt.random.getrandbits(96)
    image = image_of(attempt)
    above = program(
        attempt.lab, "program.s", SEED=seed, PIECES=numbers["pieces"], KINDS=numbers["kinds"], SPIN=numbers["spin"]
    )
    told = f"the program: SEED={seed:#x}"

    def attempted(due: tuple[int, int] | None = None) -> tuple[Failure | None, int]:
        handling = Handling(Served(attempt, image, [above]), numbers["clock"], due)
        return tried(handling.served, lambda _: handling.run(), told), handling.ran

    failure, steps = attempted()
    if failure is not None or numbers["clock"] != EVERY:
        return failure
    for at in range(steps):
        for timer in (1, 2):
            failure, _ = attempted((at, timer))
            if failure is not None:
                return failure
    return None
