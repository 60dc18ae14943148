"""Lab 2: a trap handler. Every trap of a random program is held to what the handout promises: what the program finds
afterwards, what was printed, and what the clock shows."""

from enum import Enum

from isa.description import Role
from isa.machine import Trap
from trapline.labs.checks.kind import Attempt, Failure
from trapline.labs.checks.promises import above, hold_clock, hold_output, hold_state, hold_words, passed
from trapline.labs.checks.running import image_of
from trapline.labs.checks.serving import OFF, SIZE, WINDOW, Served, Wrong, everywhere, program, tried

TICK, SLACK = 300, 100  # steps from one clock trap to the next, and how many of them a handler may need
NO_SUCH, STRAYED = 0xFFFF_FFFF, 255  # what a service that there is not answers, and how a program ends that ran astray


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

    def __init__(self, served: Served, clock: int) -> None:
        self.served, self.clock = served, clock
        self.ticks, self.output, self.ended = 0, b"", False

    def run(self) -> None:
        """All of it. Raises Wrong."""
        served = self.served
        if not served.begin():
            raise Wrong("the machine halts before the program runs")
        self._begins()
        while not self.ended:
            if self.clock == OFF:  # more is left than the program can take
                served.put(Role.TIMER, served.attempt.steps * 10)
            self._serve(served.out())
            if served.machine.steps > served.attempt.steps:
                raise Wrong(f"the program has not ended after {served.attempt.steps:,} steps")

    def _begins(self) -> None:
        """The program stands where it begins, in its window, with interrupts on and the clock running."""
        served = self.served
        if not served.in_user_mode:
            raise Wrong("the program begins in supervisor mode")
        for role, value in {Role.PC: 0, Role.BASE: WINDOW, Role.BOUND: SIZE, Role.ENABLE: 1}.items():
            found = served.at(served.isa.the(role))
            if found != value:
                states = {role.value: (f"{value:#x}", f"{found:#x}")}
                raise Wrong(f"the program does not begin as it should: its {role.value} is wrong", states)
        self._wound()

    def _serve(self, trap: Trap) -> None:
        """Have a trap served, and hold what comes of it to what was promised."""
        served, place = self.served, self.served.machine.engine.place()
        words, timer, expected = above(served.machine), served.timer, list(served.machine.state.block)
        self._promise(trap, expected)
        goes_on = served.back(trap)
        try:
            self._ends(expected, goes_on)
            hold_output(served, self.output)
            if goes_on:
                hold_state(served, expected)
                hold_words(served, words)
                self._clock(trap, timer)
        except Wrong as wrong:
            where = f"after the {served.cause(trap)} trap at {served.shown(place)}"
            raise Wrong(f"{where} {wrong.message}", wrong.states, wrong.look) from None

    def _promise(self, trap: Trap, expected: list[int]) -> None:
        """What a trap has to come to: the state that the program finds, what is printed, whether it is the end."""
        cause, pc, result = Cause(self.served.cause(trap)), self.served.machine.pc_slot, self.served.registers[1]
        if cause is Cause.DEVICE:
            raise Wrong("a device wants attention; a handler needs no device but the console, and nobody types")
        if cause is Cause.CLOCK:
            self.ticks += 1
            return
        if cause is Cause.SERVICE:
            self._service(trap.info, expected, result)
        elif cause is Cause.MEMORY and trap.info == expected[pc]:
            self.output += b"f"
            self.ended = True
            expected[result] = STRAYED
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

    def _ends(self, expected: list[int], goes_on: bool) -> None:
        if goes_on and self.ended:
            raise Wrong("the machine should have halted, and the program goes on")
        if not goes_on and not self.ended:
            raise Wrong("the machine halts, and the program should go on")
        code = expected[self.served.registers[1]]
        if not goes_on and self.served.code != code:
            raise Wrong(f"the exit code in r1 is {self.served.code}, not {code}")

    def _clock(self, trap: Trap, timer: int) -> None:
        """A clock trap winds the clock up again, and nothing else does."""
        if self.served.cause(trap) == Cause.CLOCK.value:
            self._wound()
        elif self.clock != OFF:
            left = passed(self.served, timer)
            hold_clock(self.served, left, left, "it must go on")

    def _wound(self) -> None:
        hold_clock(self.served, TICK - SLACK, TICK, "it was to be wound up")


def traps(attempt: Attempt) -> Failure | None:
    """A random program of so many `pieces`, of the first so many `kinds`, is served as the handout says."""
    numbers, seed, image = attempt.check.numbers, attempt.random.getrandbits(96), image_of(attempt)
    sizes = {"PIECES": numbers["pieces"], "KINDS": numbers["kinds"], "SPIN": numbers["spin"]}
    tried_on = program(attempt.lab, "program.s", SEED=seed, **sizes)
    told = f"the program: SEED={seed:#x}"
    served = Served(attempt, image, [tried_on])
    return everywhere(served, lambda: tried(served, Handling(served, numbers["clock"]).run, told))
