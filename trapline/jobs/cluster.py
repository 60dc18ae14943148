"""Jobs on a cluster of dask (`trapline[cluster]`), whose workers share the files of this host.

A worker does each job in a process of its own, so that nothing that a job does to its process touches the worker; a
worker of dask may have no children by `multiprocessing`, and so they are plain ones. What a worker that dies was doing
is done again by another. The scheduler blames all that a dying worker had before it, so few jobs wait at a time, and
one that is blamed is tried again before anybody hears of it; then it was not done, which is nobody's fault.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from isa.errors import TraplineError, UsageError
from trapline.jobs.child import asked, death, heard
from trapline.jobs.job import How, Job, Outcome
from trapline.jobs.local import ATTEMPTS, FUSE, MEMORY

if TYPE_CHECKING:
    from distributed import Client, Future

EACH = 2  # jobs for a thread of a worker: one that is done, and one that waits
PATIENCE = 10.0  # seconds until somebody must have answered


class Unreachable(TraplineError):
    """There is no cluster that could do anything; exit code 5."""

    exit_code = 5


@dataclass(frozen=True, slots=True)
class Cluster:
    """`address` is the scheduler's, as `tcp://HOST:8786`. Raises UsageError where dask is not installed."""

    address: str
    fuse: float = FUSE
    memory: int = MEMORY

    def __post_init__(self) -> None:
        if find_spec("distributed") is None:
            raise UsageError("`--cluster` needs dask, which is not installed", "pip install 'trapline[cluster]'")

    def outcomes(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Raises Unreachable."""
        client, waiting = self._client(), dict["Future", tuple[Job, int]]()
        try:
            yield from self._each(client, iter(jobs), waiting)
        except OSError as error:
            rule = f"the cluster at {self.address} is gone: {error}"
            raise Unreachable(rule, "what was done is kept where results are kept: go on with that file") from None
        finally:
            client.cancel(list(waiting))
            client.close()

    def _each(
        self, client: "Client", jobs: Iterator[Job], waiting: "dict[Future, tuple[Job, int]]"
    ) -> Iterator[Outcome]:
        from distributed import wait

        again: list[tuple[Job, int]] = []
        while True:
            while len(waiting) < EACH * max(1, sum(client.nthreads().values())):
                job, attempt = again.pop() if again else (next(jobs, None), 1)
                if job is None:
                    break
                key = f"trapline-{uuid4().hex}"
                work = client.submit(done, job, self.fuse, self.memory, key=key, pure=False)
                waiting[work] = job, attempt
            if not waiting:
                return
            with client.as_current():
                ended = wait(list(waiting), return_when="FIRST_COMPLETED").done
            for future in ended:
                job, attempt = waiting.pop(future)
                outcome = _came(future, job, attempt)
                if outcome is None:
                    again.append((job, attempt + 1))
                else:
                    yield outcome

    def _client(self) -> "Client":
        """Connected to a scheduler whose workers can do our jobs."""
        from distributed import Client

        try:
            client = Client(self.address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, RuntimeError) as error:
            help = "start it: `dask scheduler`, and `dask worker ADDRESS` on every host"
            raise Unreachable(f"there is no cluster at {self.address}: {error}", help) from None
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
            client.submit(ready, key=f"trapline-{uuid4().hex}", pure=False).result(PATIENCE)
        except Exception as error:
            client.close()
            help = "each needs this release of Trapline, and the same files"
            raise Unreachable(f"no worker of {self.address} can do our work: {error}", help) from None
        return client


def ready() -> bool:
    """Whether a worker has Trapline: it answers at all."""
    return True


def done(job: Job, fuse: float, memory: int) -> Outcome:
    """A job, done by a child of the worker."""
    attempt, outcome = 1, _attempt(job, fuse, memory, 1)
    while outcome.how is How.CRASHED and attempt < ATTEMPTS:
        attempt += 1
        outcome = _attempt(job, fuse, memory, attempt)
    return outcome


def _attempt(job: Job, fuse: float, memory: int, attempt: int) -> Outcome:
    command = [sys.executable, "-m", "trapline.jobs.child"]
    here: dict[str, Any] = {"env": {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}}
    try:
        ended = subprocess.run(command, input=asked(job, memory), stdout=subprocess.PIPE, timeout=fuse, **here)
    except subprocess.TimeoutExpired:
        return Outcome(job.key, How.OVERDUE, None, f"ended after {fuse:g} s", attempt)
    with suppress(ValueError):
        return heard(job, ended.stdout, attempt)
    return Outcome(job.key, How.CRASHED, None, death(ended.returncode), attempt)


def _came(future: "Future", job: Job, attempt: int) -> Outcome | None:
    """What came of a job; None for one that is to be tried again, since its workers died."""
    from distributed import KilledWorker

    try:
        found: Outcome = future.result()
        return found
    except KilledWorker:
        return (
            None if attempt < ATTEMPTS else Outcome(job.key, How.FAILED, None, "the workers that had it died", attempt)
        )
    except Exception as error:
        return Outcome(job.key, How.FAILED, None, f"{type(error).__name__}: {error}", attempt)
