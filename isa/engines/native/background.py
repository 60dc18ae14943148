"""Threads that work while others run: they compile, mostly, which leaves Python's lock to them.

There is one for the process, and one for what takes very long, each started when first needed. When the process ends,
they finish what they have in hand, if that takes no longer than a moment. If it does, the process ends without taking
anything down: LLVM's own objects would go while LLVM works with them.
"""

import atexit
import ctypes
import heapq
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from time import perf_counter
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

PATIENCE = 0.0005  # seconds that somebody who comes back from native code waits for Python's lock while this works
PARTING = 0.2  # seconds that the end of the process waits for what is in hand
AHEAD = 0.025  # seconds that work may take, on one core, before the guest ran for as long
LATER = 1  # the priority of what makes code better that is there: what there is none of yet is worth more
MOST_WAITING = 64  # pieces of work; who finds no room asks again later, and knows better then what is worth it


class Job(Generic[Result]):
    """A piece of work, done once, by whoever comes first. `done` may be asked at any time."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self.done = False
        self._work = work
        self._error: Exception | None = None
        self._finished = threading.Event()
        self._turn = threading.RLock()

    def run(self) -> None:
        """Do the work, or wait until it is done if somebody is at it."""
        with self._turn:
            if self.done:
                return
            try:
                self._value = self._work()
            except Exception as error:
                self._error = error
            del self._work
            self.done = True
            self._finished.set()

    def wait(self, seconds: float) -> bool:
        """Give the work that long to be done, without doing it; whether it is."""
        return self._finished.wait(seconds)

    def result(self) -> Result:
        """What came of it; raises what the work raised. Does the work now if nobody has begun it."""
        self.run()
        if self._error is not None:
            raise self._error
        return self._value


class Background:
    """One thread and the work that waits for it."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, Job[Any]]] = []  # a heap; its functions are atomic on such entries
        self._numbers = count()
        self._busy = threading.RLock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._saved, self._looked = AHEAD, perf_counter()  # seconds that work may take on one core, as of then
        self._prepare()
        # A child process has no such thread, and must not find LLVM in the middle of something.
        os.register_at_fork(before=self._busy.acquire, after_in_parent=self._busy.release, after_in_child=self._child)

    def submit(self, work: Callable[[], Result], priority: int = 0) -> Job[Result] | None:
        """Have work done, the lowest priority first. None if too much is waiting already.

        Where there is no second core (see `workers`) it is done at once, and this returns when it is done. There it is
        None if such work has taken more time than others had meanwhile, so that no more than half of the time is lost
        where it does not pay; work with a priority below 0 is done all the same, and does not count.
        """
        job = Job(work)
        if not workers():
            return job if self._at_once(job, priority < 0) else None
        with self._starting:
            if len(self._waiting) >= MOST_WAITING:
                return None
            heapq.heappush(self._waiting, (priority, next(self._numbers), job))
            self._start()
        self._ready.release()
        return job

    def _at_once(self, job: Job[Any], urgent: bool) -> bool:
        """Do work where only one core is, if it may be done now."""
        begun = perf_counter()
        self._saved = min(AHEAD, self._saved + begun - self._looked)
        if self._saved >= 0 or urgent:
            job.run()
        self._looked = perf_counter()
        if not urgent:
            self._saved -= self._looked - begun
        return job.done

    def _serve(self) -> None:
        sys.setswitchinterval(min(sys.getswitchinterval(), PATIENCE))
        while True:
            self._ready.acquire()
            with self._busy:
                if self._closed:
                    return
                heapq.heappop(self._waiting)[2].run()

    def close(self) -> None:
        """The process ends: begin nothing more, and see to it that what is in hand does no harm."""
        self._closed = True
        if self._thread is None:
            return
        with suppress(KeyboardInterrupt):
            if self._busy.acquire(timeout=PARTING):
                return
        if not end_as_it_is():
            self._busy.acquire()

    def _prepare(self) -> None:
        self._starting = threading.Lock()
        self._ready = threading.Semaphore(len(self._waiting))

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="background", daemon=True)
            self._thread.start()

    def _child(self) -> None:
        self._thread = None
        self._prepare()
        self._busy.release()
        if self._waiting:
            self._start()


def end_as_it_is() -> bool:
    """Have the process end, once Python is done, without what libraries do at the end; its exit code stays. False where
    the host has no way to say so."""
    host = ctypes.CDLL(None)
    if not hasattr(host, "on_exit"):
        return False
    refused: int = host.on_exit(ctypes.cast(host._exit, ctypes.c_void_p), None)
    return not refused


def workers() -> int:
    """How many threads work in the background: 1, or 0 where only one core may be used."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(cores > 1)


BACKGROUND, ASIDE = Background(), Background()
submit = BACKGROUND.submit
aside = ASIDE.submit  # for what takes so long that all other work would wait for it
for one in (BACKGROUND, ASIDE):
    atexit.register(one.close)
