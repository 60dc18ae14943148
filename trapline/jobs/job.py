"""A job, and what may come of it."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Any, Protocol

Work = Callable[[Any], Any]  # of a module, so that every process finds it; takes and gives what JSON can hold


@dataclass(frozen=True, slots=True)
class Job:
    """`work(data)` gives the result. `key` names the job among all of its kind."""

    key: str
    work: Work
    data: Any

    @property
    def digest(self) -> str:
        """A hexadecimal digest of what is asked: the same question has the same answer."""
        asked = [self.work.__module__, self.work.__qualname__, self.data]
        return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


class How(Enum):
    """How a job ended."""

    DONE = "done"
    FAILED = "failed"  # it raised: a mistake in the work, or something that the host lacks
    CRASHED = "crashed"  # its process died, at every attempt
    OVERDUE = "overdue"  # it was ended after the time that no job should need


@dataclass(frozen=True, slots=True)
class Outcome:
    """`value` is what a job gave that is DONE; `reason` says why another is not. `attempts` counts from 1."""

    key: str
    how: How
    value: Any = None
    reason: str = ""
    attempts: int = 1


class Workers(Protocol):
    """Whoever does jobs: outcomes come as they are ready, in any order, one for each job."""

    def outcomes(self, jobs: Iterable[Job]) -> Iterator[Outcome]: ...
