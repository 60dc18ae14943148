"""What a machine is stopped by: a question, perhaps with a condition and a count of hits. `stops.py` goes to them."""

import re
from dataclasses import dataclass, field

from isa.errors import UsageError
from monitor.history.questions import Question
from trapline.debugging.conditions import Condition

_HITS = re.compile(r"\s*(==|=|>=|>|<=|<|%)?\s*([0-9]{1,18})\s*")


@dataclass(frozen=True, slots=True)
class HitCount:
    """Which hits count: `5` is the fifth, `>= 5` that and all after it, `% 3` every third."""

    relation: str
    number: int

    @classmethod
    def parsed(cls, text: str) -> "HitCount":
        """Raises UsageError for a text that is none."""
        found = _HITS.fullmatch(text)
        if found is None or (found[1] == "%" and not int(found[2])):
            raise UsageError(f"`{text:.40}` is no count of hits", "write `5`, `>= 5`, `< 5` or `% 5`")
        return cls(found[1] or "==", int(found[2]))

    def __call__(self, hit: int) -> bool:
        match self.relation:
            case ">=":
                return hit >= self.number
            case ">":
                return hit > self.number
            case "<=":
                return hit <= self.number
            case "<":
                return hit < self.number
            case "%":
                return hit % self.number == 0
        return hit == self.number

    def __str__(self) -> str:
        return f"{self.relation} {self.number}"


@dataclass(eq=False, slots=True)
class Stop:
    """Stops where the question is answered and the condition holds. Hits are counted from the step `since` on, itself
    not included, and before it backwards; so the same step is the same hit from wherever one comes."""

    name: str
    question: Question
    condition: Condition | None = None
    hits: HitCount | None = None
    since: int = 0
    counted: tuple[int, int, int] | None = field(default=None, repr=False)  # see `trapline.debugging.stops`

    @property
    def plain(self) -> bool:
        return self.condition is None and self.hits is None
