"""Everything that is asked of the machines of a space, each question once: what two machines have in common is the
same question (`proofs.verdict.keyed`). A question is a job, so that it may be asked anywhere, and its answer is kept.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from isa.description import Isa
from proofs.terms.workers import Lost
from proofs.verdict.keyed import ANSWER, keys
from proofs.verdict.theorems import Verification
from proofs.verdict.verification import QUESTION, jobs, put_together
from trapline.jobs.job import How, Job, Workers
from trapline.jobs.results import Results
from trapline.jobs.running import run
from trapline.sweeping.machines import Machines, with_guards
from trapline.sweeping.space import Settings, read_space


@dataclass(slots=True)
class Asked:
    """The answers, by question. `needed` is how many questions there would be if each machine were asked alone."""

    needed: int = 0
    answers: dict[str, Any] = field(default_factory=dict)

    def verdict(self, isa: Isa) -> Verification | None:
        """What follows for a machine; None if it needs an answer that is not there."""
        self.needed += len(found := keys(isa))
        if any(key not in self.answers for key in found.values()):
            return None
        return put_together(isa, [self.answers[key] for key in found.values()], 0.0)


def ask(
    path: str,
    machines: Machines,
    wanted: Iterable[tuple[Settings, frozenset[str]]],
    asked: Asked,
    workers: Workers,
    results: Results,
    told: Callable[[int, int], None],
) -> int:
    """Ask what is not known yet of these machines, each told by its settings and the instructions that are guarded
    besides; how many questions that were."""
    work: dict[str, Job] = {}
    for settings, guards in wanted:
        isa = with_guards(machines.make(settings), guards)
        for name, key in keys(isa).items():
            if key not in asked.answers and key not in work:
                data = {
                    "space": os.path.abspath(path),
                    "settings": list(settings),
                    "guards": sorted(guards),
                    "name": name,
                }
                work[key] = Job(key, answered, data)
    for outcome in run(list(work.values()), workers, results, told):
        done = outcome.how is How.DONE
        asked.answers[outcome.key] = ANSWER.parse(outcome.value.encode())[0] if done else Lost(outcome.reason)
    return len(work)


def answered(data: dict[str, Any]) -> str:
    """The work: a machine of the space is made, and asked one thing."""
    isa = with_guards(_machines(data["space"]).make(tuple(data["settings"])), frozenset(data["guards"]))
    return ANSWER.dump((jobs(isa, QUESTION)[data["name"]](),)).decode()


@lru_cache(maxsize=2)
def _machines(path: str) -> Machines:
    return Machines(read_space(path))
