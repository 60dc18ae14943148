"""Questions in worker processes that can be killed: a description or a solver that blows up costs its own answer only.

Every worker has a limit of memory and of processor time, every job one of time, all jobs together one of time; what
does not come back in time is `Lost`, with the reason. Workers are forked, so jobs may be any closures; answers are
pickled. An interrupt ends all workers before it travels on. Where no process can be made, as in a browser, this
one does the jobs: then only time is limited, between jobs, and the solver's own limits bound each.
"""

import multiprocessing
import os
import signal
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

MEMORY = 3 << 30  # bytes that a worker may have beyond what it is born with
MARGIN = 2.0  # seconds of processor time that a worker has beyond the limit before the kernel ends it

Job = Callable[[], Any]
Progress = Callable[[int, int], None]  # jobs done, jobs in all


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands for an answer that did not come."""

    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """`total` seconds for all jobs, `each` for one; `memory` in bytes for a worker; 0 workers: in this process, where
    nothing can be killed. That is so, whatever is asked for, where no process can be made."""

    total: float
    each: float
    workers: int = 2
    memory: int = MEMORY


def no_progress(done: int, jobs: int) -> None:
    pass


def answers(jobs: Sequence[Job], limits: Limits, progress: Progress = no_progress) -> list[Any]:
    """The result of every job, in order, or `Lost`."""
    if limits.workers == 0 or not jobs or not forks():
        return list(_here(jobs, limits, progress))
    crew = _Crew(jobs, limits, progress)
    try:
        crew.run()
    finally:
        crew.dismiss()
    return crew.found


def forks() -> bool:
    """Whether a process can be made here."""
    return sys.platform not in ("emscripten", "wasi")


def _here(jobs: Sequence[Job], limits: Limits, progress: Progress) -> Iterator[Any]:
    """The answers, in this process."""
    end = time.monotonic() + limits.total
    for number, job in enumerate(jobs):
        yield _answer(job) if time.monotonic() < end else _late(limits)
        progress(number + 1, len(jobs))


def _late(limits: Limits) -> Lost:
    return Lost(f"the time limit of {limits.total:g} s was reached")


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    job: int = -1
    until: float = 0.0


@dataclass
class _Crew:
    jobs: Sequence[Job]
    limits: Limits
    progress: Progress
    found: list[Any] = field(default_factory=list)
    workers: list[_Worker] = field(default_factory=list)

    def run(self) -> None:
        end = time.monotonic() + self.limits.total
        self.found = [_late(self.limits)] * len(self.jobs)
        self.waiting = deque(range(len(self.jobs)))
        self.done = 0
        while (self.waiting or self._busy()) and time.monotonic() < end:
            self._employ(end)
            until = min([end, *(w.until for w in self._busy())])
            for pipe in wait([w.pipe for w in self._busy()], max(0.0, until - time.monotonic())):
                self._hear(next(w for w in self.workers if w.pipe is pipe))
            self._end_overdue()

    def dismiss(self) -> None:
        for worker in self.workers:
            worker.process.kill()
            worker.pipe.close()
        for worker in self.workers:
            worker.process.join()
        self.workers.clear()

    def _busy(self) -> list[_Worker]:
        return [w for w in self.workers if w.job >= 0]

    def _employ(self, end: float) -> None:
        """Give every free worker a job, and hire while there is more to do."""
        while self.waiting and len(self._busy()) < self.limits.workers:
            free = next((w for w in self.workers if w.job < 0), None) or self._hire()
            free.job, free.until = self.waiting.popleft(), min(end, time.monotonic() + self.limits.each)
            try:
                free.pipe.send(free.job)
            except OSError:
                self._lose(free, "its process died")

    def _hire(self) -> _Worker:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        others = [ours, *(w.pipe for w in self.workers)]
        process = context.Process(target=_work, args=(theirs, others, self.jobs, self.limits), daemon=True)
        with warnings.catch_warnings(), _undisturbed():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads; the solver's are none of this process's
            process.start()
        theirs.close()
        self.workers.append(_Worker(process, ours))
        return self.workers[-1]

    def _hear(self, worker: _Worker) -> None:
        try:
            result = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join(MARGIN)
            self._lose(worker, _obituary(worker.process.exitcode))
        else:
            self._keep(worker.job, result)
            worker.job = -1

    def _end_overdue(self) -> None:
        for worker in [w for w in self._busy() if time.monotonic() > w.until]:
            self._lose(worker, f"it took longer than {self.limits.each:g} s")

    def _lose(self, worker: _Worker, reason: str) -> None:
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        self.workers.remove(worker)
        self._keep(worker.job, Lost(reason))

    def _keep(self, job: int, result: Any) -> None:
        self.found[job] = result
        self.done += 1
        self.progress(self.done, len(self.jobs))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put an interrupt off: what it raises while a process forks would be swallowed by a callback of the fork."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _obituary(code: int | None) -> str:
    if code is not None and code < 0:
        limit = " (processor time)" if -code == signal.SIGXCPU else ""
        return f"its process was ended by signal {-code}{limit}"
    return "its process ended without an answer"


def _answer(job: Job) -> Any:
    """The result of a job; what goes wrong inside the solver is a lost answer, never an end of the program."""
    import z3

    try:
        return job()
    except MemoryError:
        return Lost("it needs more memory than a worker may have")
    except RecursionError:
        return Lost("it is nested too deep")
    except z3.Z3Exception as error:
        return Lost(f"the solver gave up: {error}"[:200])


# ---- in the worker


def _work(pipe: Connection, others: list[Connection], jobs: Sequence[Job], limits: Limits) -> None:
    """Answer jobs until the pipe is closed. Ends of other pipes are let go, so that they close with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in others:
        other.close()
    _limit(limits)
    while True:
        try:
            job = jobs[pipe.recv()]
            pipe.send(_answer_at_all(job))
        except (EOFError, OSError):
            os._exit(0)


def _answer_at_all(job: Job) -> Any:
    """As `_answer`; a mistake of ours becomes a lost answer, which fails the command as loudly as an exception."""
    try:
        return _answer(job)
    except Exception as error:
        return Lost(f"{type(error).__name__}: {error}"[:200])


def _limit(limits: Limits) -> None:
    import resource

    born = _address_space()
    _at_most(resource.RLIMIT_AS, born + limits.memory)
    _at_most(resource.RLIMIT_CPU, int(time.process_time() + limits.total + MARGIN) + 1)
    _at_most(resource.RLIMIT_CORE, 0)


def _at_most(what: int, value: int) -> None:
    import resource

    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _address_space() -> int:
    """How many bytes of addresses this process has now; generous where the system does not say."""
    if sys.platform != "linux":
        return 1 << 40
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
