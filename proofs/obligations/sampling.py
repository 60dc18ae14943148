"""The theorems as random tests: every obligation on random numbers, weighted to corners, without the solver.

Values are drawn near what the obligation itself computes (a pc near a bound, a word near an address), near the ends
of their range, small, or anywhere. Hypotheses that fail are mended by drawing one of the values that they depend on
anew, and so the states that satisfy them lie at their edges, where mistakes live. How many did is counted: a test that
met no hypothesis has tested nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from isa.description import Isa
from isa.machine.time import Time, time_of
from monitor.core import Core
from proofs.obligations.statements import Obligation, obligations, topics
from proofs.terms.evaluation import Question
from proofs.terms.workers import Limits, Lost, Progress, answers, no_progress

MENDINGS = 60  # how often one state is changed before it is given up
TIMEOUT = 300.0  # seconds for a machine


@dataclass(frozen=True, slots=True)
class Trial:
    """One obligation, tried `drawn` times; `met` of the states satisfied the hypotheses. `shown` is a counterexample
    by the names of the state."""

    theorem: str
    about: str
    drawn: int
    met: int
    vacuous: bool
    shown: tuple[tuple[str, str], ...] = ()
    why: str = ""

    @property
    def refuted(self) -> bool:
        return bool(self.shown)

    @property
    def exercised(self) -> bool:
        """Whether it tested anything, where there is something to test."""
        return self.vacuous or self.met > 0


@dataclass
class _World:
    """One assignment of numbers to free constants and functions, made as it is asked for."""

    random: Random
    values: list[int]
    scalars: dict[str, int] = field(default_factory=dict)
    cells: dict[tuple[str, tuple[int, ...]], int] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)

    def scalar(self, name: str, width: int) -> int:
        if name not in self.scalars:
            self.widths[name] = width
            self.scalars[name] = self.draw(width)
        return self.scalars[name]

    def cell(self, name: str, width: int, at: tuple[int, ...]) -> int:
        if (name, at) not in self.cells:
            self.cells[name, at] = self.draw(width)
        return self.cells[name, at]

    def draw(self, width: int) -> int:
        """A number of this width: near one that was computed, a corner, small, or any."""
        random, top = self.random, (1 << (width or 1)) - 1
        match random.randrange(8):
            case 0 | 1 | 2 | 3 if self.values:
                near = random.choice(self.values) + random.choice((-1, 0, 0, 1))
            case 4:
                near = random.choice((0, 1, top, top - 1, top >> 1, (top >> 1) + 1))
            case 5 | 6:
                near = random.randrange(32)
            case _:
                near = random.getrandbits(width)
        return near & top

    def mend(self, names: tuple[str, ...]) -> None:
        """Draw one of these anew: a constant, or the cells of a function."""
        name = self.random.choice(names)
        if name in self.scalars:
            self.scalars[name] = self.draw(self.widths[name])
        else:
            self.cells = {key: value for key, value in self.cells.items() if key[0] != name}


def tried(obligation: Obligation, number: int, seed: int = 0) -> Trial:
    """The obligation on `number` random states, or fewer if one of them refutes it. Same seed, same states."""
    question = Question(obligation.hypotheses, obligation.refuted)
    random = Random(f"{seed} {obligation.theorem} {obligation.about}")
    met = 0
    for drawn in range(1, number + 1):
        world = _World(random, [0] * len(question.order))
        result = _settled(question, world)
        met += result < 0
        if result == -1 or (result == -2 and obligation.vacuous):
            return _trial(obligation, drawn, met, world)
    return Trial(obligation.theorem, obligation.about, number, met, obligation.vacuous is not False)


def _settled(question: Question, world: _World) -> int:
    """What `Question.ask` says of a world, mended until its hypotheses hold or patience is lost."""
    result = question.ask(world.scalar, world.cell, world.values)
    for _ in range(MENDINGS):
        if result < 0 or not question.support[result]:
            break
        world.mend(question.support[result])
        result = question.ask(world.scalar, world.cell, world.values)
    return result


def _trial(obligation: Obligation, drawn: int, met: int, world: _World) -> Trial:
    shown = tuple(sorted((name, f"{value:#x}") for name, value in world.scalars.items())) or (("any state", ""),)
    why = "a state satisfies hypotheses that none should" if obligation.vacuous else ""
    return Trial(obligation.theorem, obligation.about, drawn, met, obligation.vacuous is not False, shown, why)


def sample(
    isa: Isa,
    number: int,
    seed: int = 0,
    workers: int = 2,
    progress: Progress = no_progress,
    timeout: float = TIMEOUT,
    core: Core | None = None,
    time: Time | None = None,
) -> list[Trial]:
    """Every obligation of a machine on `number` random states. `core` is that of a technique, by default of the one
    that traps and emulates; it and `time` stand in for the shipping ones when mutants are tried.

    Raises MachineError for a machine whose roles do not tell a monitor enough.
    """
    subject, law, names = core or Core(isa), time or time_of(isa), topics(isa)

    def job(topic: str) -> Callable[[], list[Trial]]:
        return lambda: [tried(o, number, seed) for o in obligations(subject, law, topic)]

    found = answers([job(name) for name in names], Limits(timeout, timeout, workers), progress)
    pairs = zip(names, found, strict=True)
    groups = ([Trial("direct", n, 0, 0, False, why=a.reason)] if isinstance(a, Lost) else a for n, a in pairs)
    return [trial for group in groups for trial in group]
