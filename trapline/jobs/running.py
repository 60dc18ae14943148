"""Do jobs, but not those whose results are kept."""

from collections.abc import Callable, Sequence

from trapline.jobs.job import How, Job, Outcome, Workers
from trapline.jobs.results import Results

KEPT = {How.DONE, How.CRASHED}  # what would come out again; a host that lacked something may have it next time


def run(
    jobs: Sequence[Job], workers: Workers, results: Results, told: Callable[[int, int], None] = lambda done, of: None
) -> list[Outcome]:
    """The outcomes in the order of the jobs, whose keys all differ. Each is kept when it comes, so that whoever is
    interrupted goes on where he was. `told` hears how many are done, of how many."""
    by_key = {job.key: job for job in jobs}
    assert len(by_key) == len(jobs), "two jobs have one key"
    found = {job.key: kept for job in jobs if (kept := results.get(job)) is not None}
    told(len(found), len(jobs))
    for outcome in workers.outcomes(job for job in jobs if job.key not in found):
        if outcome.how in KEPT:
            results.put(by_key[outcome.key], outcome)
        found[outcome.key] = outcome
        told(len(found), len(jobs))
    return [found[job.key] for job in jobs]
