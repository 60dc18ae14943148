"""Lab 3: the scheduler and the context switch of a small kernel. Whenever a process goes on it must find exactly what
it left, in its own window, and turns must go round and be as long as was promised."""

from functools import partial
from random import Random

from isa.description import Role
from isa.machine import Trap
from trapline.labs.checks.kind import Attempt, Failure
from trapline.labs.checks.promises import above, hold_clock, hold_output, hold_state, hold_words, passed
from trapline.labs.checks.running import image_of
from trapline.labs.checks.serving import OFF, SIZE, Served, Wrong, everywhere, program, tried
from trapline.labs.checks.trapping import Cause

QUANTUM, SLACK = 200, 60  # steps of a turn, and how many of them a kernel may need to begin it
COUNT = 7  # the word that says how many processes there are
EXIT, PRINT, YIELD = range(3)  # services
ENDLESS, ENDS = (7, 8, 9), 10  # ways in which a process of the lab does not end, and how many ways there are
TURNS = 5  # that an endless process has at least when all others have ended


class Sharing:
    """Processes under the student's kernel, and what each was promised when it was interrupted."""

    def __init__(self, served: Served, clock: int) -> None:
        self.served, self.clock = served, clock
        self.current, self.turns, self.output = -1, 0, b""
        self.alive = [True] * len(served.programs)
        self.left = [self._first(window) for window in served.windows]

    def run(self, endless: int) -> None:
        """All of it, up to the moment at which so many processes are left, who never end. Raises Wrong."""
        served = self.served
        if not served.begin():
            raise Wrong("the machine halts before a process runs")
        self._goes_on(0, None)
        while any(self.alive) and (sum(self.alive) > endless or self.turns < TURNS * endless):
            if self.clock == OFF:  # more is left than processes can take
                served.put(Role.TIMER, served.attempt.steps * 10)
            self._serve(served.out())
            if served.machine.steps > served.attempt.steps:
                raise Wrong(f"after {served.attempt.steps:,} steps {self._listed()}")

    def _serve(self, trap: Trap) -> None:
        """Have a trap served, and hold what comes of it to what was promised."""
        served, who, place = self.served, self.current, self.served.machine.engine.place()
        words, timer = above(served.machine), served.timer
        stays = self._interrupted(trap)
        goes_on = served.back(trap)
        try:
            hold_output(served, self.output)
            self._ends(goes_on)
            if goes_on:
                hold_words(served, words)
                self._goes_on(who if stays else self._next(), passed(served, timer) if stays else None)
        except Wrong as wrong:
            where = f"after the {served.cause(trap)} trap of process {who} at {served.shown(place)}"
            raise Wrong(f"{where} {wrong.message}", wrong.states, wrong.look) from None

    def _first(self, window: int) -> list[int]:
        """What a process finds at its first step."""
        served = self.served
        block = [0] * len(served.machine.state.block)
        roles = {Role.BASE: window, Role.BOUND: SIZE, Role.ENABLE: 1, Role.MODE: served.isa.modes.guest}
        for role, value in roles.items():
            place = served.isa.the(role)
            block[served.slot(place)] |= value << place.low
        block[served.registers[14]] = SIZE
        return block

    def _interrupted(self, trap: Trap) -> bool:
        """Note what the current process has to find when it goes on; whether that is at once."""
        served, me = self.served, self.current
        cause, block = Cause(served.cause(trap)), list(served.machine.state.block)
        if cause is Cause.DEVICE:
            raise Wrong("a device wants attention; a kernel needs no device but the console, and nobody types")
        self.left[me] = block
        if cause is Cause.CLOCK:
            return False
        block[served.machine.pc_slot] += 1
        asked = trap.info if cause is Cause.SERVICE else None
        if asked == PRINT:
            self.output += bytes([block[served.registers[1]] & 0xFF])
        self.alive[me] = asked in (PRINT, YIELD)
        return asked == PRINT

    def _next(self) -> int:
        """The next process in the order of numbers that is alive, the current one the last."""
        count = len(self.alive)
        return next(n % count for n in range(self.current + 1, self.current + count + 1) if self.alive[n % count])

    def _goes_on(self, wanted: int, timer: int | None) -> None:
        """This process goes on, finds all that it left, and has what is left of its turn, or a new one."""
        served = self.served
        windows, base = served.windows, served.at(served.isa.the(Role.BASE))
        found = windows.index(base) if base in windows else wanted
        if found != wanted:
            ended = "" if self.alive[found] else f", and process {found} has ended"
            raise Wrong(f"process {found} goes on; it is the turn of process {wanted}{ended}")
        self.current = wanted
        hold_state(served, self.left[wanted])
        if timer is None:
            self.turns += 1
        if self.clock == OFF:
            return
        if timer is None:
            hold_clock(served, QUANTUM - SLACK, QUANTUM, f"a turn of process {wanted} begins")
        else:
            hold_clock(served, timer, timer, "the turn goes on")

    def _ends(self, goes_on: bool) -> None:
        if goes_on and not any(self.alive):
            raise Wrong("no process is alive, and the machine should have halted")
        if not goes_on and any(self.alive):
            raise Wrong(f"the machine halts; {self._listed()}")
        if not goes_on and self.served.code:
            raise Wrong(f"the exit code in r1 is {self.served.code}, not 0")

    def _listed(self) -> str:
        alive = ", ".join(str(number) for number, lives in enumerate(self.alive) if lives)
        return f"not ended: {alive}"


def processes(attempt: Attempt) -> Failure | None:
    """From `least` to `most` processes take turns, and of them up to `hostile` end badly, or never."""
    numbers, random, image = attempt.check.numbers, attempt.random, image_of(attempt)
    count = random.randint(numbers["least"], max(numbers["least"], numbers["most"]))
    seeds = [random.getrandbits(96) for _ in range(count)]
    ends = _ends(random, count, numbers["hostile"])
    sizes = {"PIECES": numbers["pieces"], "SPIN": numbers["spin"]}
    pairs = list(zip(seeds, ends, strict=True))
    programs = [program(attempt.lab, "process.s", SEED=seed, END=end, **sizes) for seed, end in pairs]
    told = "the processes: " + ", ".join(f"SEED={seed:#x}" + (f" END={end}" if end else "") for seed, end in pairs)
    endless = sum(end in ENDLESS for end in ends)
    served = Served(attempt, image, programs, {COUNT: count})
    return everywhere(served, lambda: tried(served, partial(Sharing(served, numbers["clock"]).run, endless), told))


def _ends(random: Random, count: int, hostile: int) -> list[int]:
    """How each process ends: some of them badly, who may be any."""
    bad = set(random.sample(range(count), min(hostile, count)))
    return [random.randrange(1, ENDS) if number in bad else 0 for number in range(count)]
