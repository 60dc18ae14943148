"""The thread that owns a host: it gives steps to the machines that run, and does what it is asked between two portions.

A portion is as many steps as take about a twentieth of a second, so that nobody waits long; where it ends, a guest can
tell only by what is typed for it. What a portion has done is kept when it ends, and whoever kills this process takes
away no more than one.
"""

import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from isa.errors import TraplineError
from monitor.host import Host, Record
from monitor.host.events import Events, read
from monitor.host.life import State

LEAST, MOST = 1_000, 50_000_000  # steps of a portion
SHORT, LONG = 0.03, 0.1  # seconds that one should take
WAITING = 1_000  # requests that wait; more are refused
KEPT = 10_000  # events in memory
T = TypeVar("T")

Told = Callable[[list[dict[str, Any]]], object]
Follow = Callable[[Host, list[Record]], object]


class Busy(TraplineError):
    """Too much was asked at once."""


class Owning:
    """The host in a folder. `told` is told of events, and `follow` of all machines after everything that happens,
    in this thread's time."""

    def __init__(self, folder: str, engine: str, told: Told = lambda events: None) -> None:
        self.folder, self.engine, self.told = os.path.abspath(folder), engine, told
        self.follow: Follow = lambda host, records: None
        self.events: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._known: list[Record] = []
        self._flying = False  # whether frames are on the way
        self._asked: queue.Queue[tuple[Callable[[Host], Any], Future[Any], bool] | None] = queue.Queue(WAITING)
        self._portion, self._stopping = 10_000, False

    def begin(self) -> None:
        """Take the folder. Raises TraplineError if that cannot be."""
        taken: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(taken,), name="host")
        self._thread.start()
        taken.result()

    def ask(self, what: Callable[[Host], T], looks: bool = False) -> "Future[T]":
        """Have something done with the host, or looked at only. Raises Busy."""
        future: Future[T] = Future()
        try:
            self._asked.put_nowait((what, future, looks))
        except queue.Full:
            raise Busy("too much is asked of this host at once", "ask again in a moment") from None
        return future

    def end(self) -> None:
        """Let the portion end that is running, and let go of the folder."""
        self._stopping = True
        with suppress(queue.Full):  # it looks before each of those
            self._asked.put_nowait(None)
        self._thread.join()

    def _run(self, taken: "Future[None]") -> None:
        """What SQLite has opened is one thread's alone, and so the host is this one's."""
        try:
            host = Host(self.folder, self.engine, wait=0.3)
        except BaseException as error:
            taken.set_exception(error)
            return
        with host:
            self._noted, self._known, self._flying = Events(self.folder), host.machines(), host.flying
            self.events.extend(read(self.folder))
            taken.set_result(None)
            self._serve(host)
        self._refuse()

    def _serve(self, host: Host) -> None:
        running = self._running
        while not self._stopping:
            try:
                asked = self._asked.get(block=not running)
            except queue.Empty:
                asked = None
            if asked is not None:
                self._do(host, *asked)
            elif running:
                self._step(host)
            running = self._running

    @property
    def _running(self) -> bool:
        return self._flying or any(record.state is State.RUNNING for record in self._known)

    def _do(self, host: Host, what: Callable[[Host], Any], future: "Future[Any]", looks: bool) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = what(host)
        except BaseException as error:
            future.set_exception(error)
        else:
            if not looks:
                self._note(host)
            future.set_result(result)

    def _step(self, host: Host) -> None:
        began = time.monotonic()
        try:
            host.run(self._portion)
        except (TraplineError, OSError):
            time.sleep(0.5)  # a full disk, say: the same is tried again, and verbs go on meanwhile
            return
        took = time.monotonic() - began
        if took < SHORT:
            self._portion = min(MOST, 2 * self._portion)
        elif took > LONG:
            self._portion = max(LEAST, self._portion // 2)
        self._note(host)

    def _note(self, host: Host) -> None:
        before, self._known, self._flying = self._known, host.machines(), host.flying
        self.follow(host, self._known)
        try:
            events = self._noted.note(before, self._known)
        except OSError:
            return  # the host's disk is full: what happened is in the ledger
        self.events.extend(events)
        if events:
            self.told(events)

    def happened(self, machine: str, event: str, **facts: object) -> None:
        """Something that is no change of a machine's state; in the host's thread."""
        with suppress(OSError):
            told = self._noted.add(machine, event, **facts)
            self.events.append(told)
            self.told([told])

    def _refuse(self) -> None:
        """Nobody waits for an answer that does not come."""
        while True:
            try:
                asked = self._asked.get_nowait()
            except queue.Empty:
                return
            if asked is not None:
                asked[1].set_exception(TraplineError("the host is being closed", "start `trapline host serve` again"))
