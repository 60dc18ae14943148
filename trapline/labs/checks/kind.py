"""What a check is: a function of a submission and a seed that finds a failure, or none.

It does nothing but run, compare and prove, each within a budget of steps. What cannot be graded because the submission
is broken raises TraplineError; what is the grader's own trouble raises anything else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from trapline.labs.lab import Check, Lab
from trapline.labs.submission import Submission

if TYPE_CHECKING:
    from trapline.debugging.moment import Moment


@dataclass(frozen=True, slots=True)
class Failure:
    """A counterexample. `message` says in a sentence what was expected and what came instead; `step` and `source` are
    where it shows, `before` the state there, `states` what differs: name to (expected, found). `input` is what was
    typed. `part` of the points are earned in spite of it. `moment` is what `trapline debug --at` opens at that step,
    if the check can give it."""

    message: str
    step: int | None = None
    source: str = ""
    before: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    input: str = ""
    moment: "Moment | None" = None
    part: float = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a check looks at: what `student` handed in. All that is random comes from `random`. Where it is not
    `explained`, it is enough to know whether it fails: one counterexample is told, and finding where it shows takes
    long."""

    lab: Lab
    check: Check
    submission: Submission
    seed: str
    student: str
    explained: bool = True

    @property
    def random(self) -> Random:
        """A new generator at each use: the same seed gives the same attempt."""
        return Random(self.seed)

    @property
    def steps(self) -> int:
        """The budget."""
        return self.check.steps or self.lab.limits.steps


Parameters = Mapping[str, tuple[int, int, int]]  # name to (least, most, default)


@dataclass(frozen=True, slots=True)
class Kind:
    """`parameters` are the numbers that `lab.toml` may give to a check of this kind; `seeded`: it tries many seeds.
    `measure` is the number by which answers that pass are compared, the least first."""

    find: Callable[[Attempt], Failure | None]
    seeded: bool = True
    parameters: Parameters = field(default_factory=dict)
    measure: Callable[[Attempt], int] | None = None
