"""A kind of monitor, and what came of trying a guest under it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter

from isa.engines.choice import AUTO, NATIVE, actual
from isa.errors import TraplineError
from isa.machine import Machine
from proofs.runs.compare import Setup
from trapline.running.programs import Program

ROUNDS = 3  # how often each run is timed; the least time counts
LEAST = 0.02  # seconds that a bare run must take to be a measure: below that, what is timed is how machines are made

Ready = Callable[[], Callable[[], object]]  # makes a machine, and gives what runs it to its end


@dataclass(frozen=True, slots=True)
class Case:
    """A guest, what it runs on, and for how many steps at most."""

    program: Program
    setup: Setup
    steps: int

    @property
    def engine(self) -> str:
        """The engine that is timed: with one that compiles beside the run, short guests would time its compiler."""
        return actual(NATIVE) if self.setup.engine == AUTO else self.setup.engine

    def ready(self, make: Callable[[], Machine]) -> Ready:
        """What can be timed: runs of machines that are made so."""
        return lambda: partial(make().run, self.steps)


@dataclass(frozen=True, slots=True)
class Tried:
    """`alike`: whether the guest is as on the bare machine; None where it could not be tried, and `why` says why not,
    or where the first difference is. `steps` are the guest's, `direct` the share of them that ran directly (0 to 1),
    `exits` counts by decision. `overhead` is how many steps a monitor that is itself a program took for each step of
    the guest, None for one that is not. `ready` is what can be timed of it, and `time` what that took, as a multiple of
    the bare run's."""

    kind: str
    alike: bool | None
    why: str = ""
    steps: int = 0
    direct: float | None = None
    exits: dict[str, int] = field(default_factory=dict)
    overhead: float | None = None
    ready: Ready | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """`attempt` raises TraplineError where a guest cannot run under this kind."""

    name: str
    summary: str
    attempt: Callable[[Case], Tried]

    def tried(self, case: Case) -> Tried:
        """What came of it, whatever that is."""
        try:
            return self.attempt(case)
        except TraplineError as error:
            return Tried(self.name, None, error.message)


def timed(found: Sequence[Tried]) -> list[Tried]:
    """The same with times, as multiples of the first one's, if that takes long enough. All take turns, so that none is
    favoured by what the others have warmed."""
    rounds = [[_seconds(one.ready) for one in found] for _ in range(ROUNDS)]
    least = [None if None in seconds else min(filter(None, seconds)) for seconds in zip(*rounds, strict=True)]
    whole = least[0] if least and (least[0] or 0) >= LEAST else None
    return [replace(one, time=s / whole if s and whole else None) for one, s in zip(found, least, strict=True)]


def _seconds(ready: Ready | None) -> float | None:
    if ready is None:
        return None
    run = ready()
    began = perf_counter()
    run()
    return perf_counter() - began
