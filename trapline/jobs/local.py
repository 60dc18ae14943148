"""Jobs in processes of this host, a new one for each: whatever a job does to its process, no other job notices.

A job whose process dies is tried once more, since the host may have killed it; if it dies again, it is the job's doing.
Time is no measure of work: `FUSE` is only there so that nothing hangs for ever.
"""

import multiprocessing
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from trapline.jobs.child import LARGEST, confine, death, heard, here, told
from trapline.jobs.job import How, Job, Outcome

ATTEMPTS = 2
FUSE = 600.0  # seconds
MEMORY = 4 << 30  # bytes that a job may have


@dataclass(slots=True)
class _Running:
    job: Job
    process: BaseProcess
    attempt: int
    until: float


@dataclass(slots=True)
class Local:
    """`count` processes at a time; 0 does jobs in this one, where no other can be made, and nothing protects it."""

    count: int
    fuse: float = FUSE
    memory: int = MEMORY
    _running: dict[Connection, _Running] = field(default_factory=dict, init=False)

    def outcomes(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        if self.count == 0:
            yield from map(here, jobs)
            return
        more, again = iter(jobs), deque[tuple[Job, int]]()
        try:
            while True:
                self._employ(more, again)
                if not self._running:
                    return
                yield from self._ready(again)
        finally:
            self._dismiss()

    def _employ(self, more: Iterator[Job], again: deque[tuple[Job, int]]) -> None:
        """Begin as many jobs as there are processes free."""
        while len(self._running) < self.count:
            if again:
                job, attempt = again.popleft()
            elif (found := next(more, None)) is not None:
                job, attempt = found, 1
            else:
                return
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload([job.work.__module__])
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_child, args=(theirs, job, self.memory), daemon=True)
            process.start()
            theirs.close()
            self._running[ours] = _Running(job, process, attempt, time.monotonic() + self.fuse)

    def _ready(self, again: deque[tuple[Job, int]]) -> Iterator[Outcome]:
        """What has ended, or is overdue."""
        until = min(r.until for r in self._running.values())
        for pipe in wait(list(self._running), max(0.0, until - time.monotonic())):
            assert isinstance(pipe, Connection)
            running = self._running.pop(pipe)
            outcome = _heard(pipe, running)
            if outcome.how is How.CRASHED and running.attempt < ATTEMPTS:
                again.append((running.job, running.attempt + 1))
            else:
                yield outcome
        now = time.monotonic()
        for pipe, running in [(p, r) for p, r in self._running.items() if r.until <= now]:
            del self._running[pipe]
            _end(pipe, running)
            yield Outcome(running.job.key, How.OVERDUE, None, f"ended after {self.fuse:g} s", running.attempt)

    def _dismiss(self) -> None:
        for pipe, running in self._running.items():
            _end(pipe, running)
        self._running.clear()


def _end(pipe: Connection, running: _Running) -> None:
    running.process.kill()
    running.process.join()
    pipe.close()


def _heard(pipe: Connection, running: _Running) -> Outcome:
    """What a process has left."""
    data = None
    with suppress(EOFError, OSError):
        data = pipe.recv_bytes(LARGEST)
    pipe.close()
    running.process.join(1)
    if running.process.is_alive():
        running.process.kill()
        running.process.join()
    if data is None:
        reason = death(running.process.exitcode)
        return Outcome(running.job.key, How.CRASHED, None, reason, running.attempt)
    return heard(running.job, data, running.attempt)


def _child(pipe: Connection, job: Job, memory: int) -> None:
    """Do a job in a process of its own, and tell what came of it."""
    confine(memory)
    pipe.send_bytes(told(here(job)))
    pipe.close()
