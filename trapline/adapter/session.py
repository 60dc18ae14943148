"""What is kept from one request of a client to the next: the debugger, what the client can do, where it may point."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import NamedTuple

from isa.devices import Live
from isa.errors import UsageError
from isa.machine import Machine
from trapline.adapter.arguments import Arguments
from trapline.adapter.framing import Message, Request
from trapline.adapter.heard import Heard
from trapline.adapter.link import Link
from trapline.adapter.marks import Marks
from trapline.adapter.progress import Busy
from trapline.debugging.debugged import Guest
from trapline.debugging.opening import debugger_of
from trapline.debugging.words import Debugger
from trapline.running.rig import exit_code

NOTHING = UsageError("nothing is being debugged", "send `launch` or `attach` first")


class Target(NamedTuple):
    """What to open: a guest, or None for a saved machine, and options as those of the command line."""

    guest: str | None
    options: dict[str, object]
    free: bool  # not debugged: it is run to its end
    beside: tuple[str, ...] = ()  # more guests, under the same monitor


class Session:
    """`handles` are what frames and variables point to, until the machine moves. `request` is the one that is to be
    answered; `afterwards` is done when it has been. `serve` is what looks at arriving requests on a long way."""

    def __init__(self, link: Link, serve: Callable[["Session", Busy], None]) -> None:
        self.link, self._serve = link, serve
        self.marks = Marks()
        self.request: Request | None = None
        self.stop_on_entry = False
        self.client: set[str] = set()  # what it said that it supports
        self.first_line = self.first_column = 1  # how it counts
        self.target: Target | None = None
        self.handles: dict[int, object] = {}
        self.afterwards: list[Callable[[], None]] = []
        self.busy: Busy | None = None
        self.over = False
        self.text = ""  # of the last stop, for `exceptionInfo`
        self._opened = ExitStack()
        self._debugger: Debugger | None = None
        self._branches = self._numbers = 0
        self._exited = False
        self._heard: list[Heard] = []

    # ---- the debugger

    def open(self, target: Target) -> None:
        """Begin anew. Raises TraplineError, and then there is none."""
        self.close()
        self._debugger = self._opened.enter_context(debugger_of(target.guest, *target.beside, **target.options))
        self.target = target
        guests = self._debugger.guests
        self._heard = [Heard(guest, guest.name if len(guests) > 1 else "") for guest in guests]
        self._branches, self._exited = 0, False

    def close(self) -> None:
        self._debugger = None
        self.forget()
        self._opened.close()

    @property
    def opened(self) -> bool:
        return self._debugger is not None

    @property
    def debugger(self) -> Debugger:
        if self._debugger is None:
            raise NOTHING
        return self._debugger

    @property
    def machines(self) -> list[Machine]:
        """The guests' own, and those below them down to the real one: the threads, counted from 1."""
        guests = [guest.machine for guest in self.debugger.guests]
        return [*guests, *guests[0].hosts[1:]]

    def machine(self, thread: int) -> Machine:
        if not 1 <= thread <= len(self.machines):
            raise UsageError(f"there is no thread {thread}", f"threads are 1 to {len(self.machines)}")
        return self.machines[thread - 1]

    def guest(self, thread: int) -> Guest | None:
        """The guest whose own machine a thread is; None for the machines below. Raises UsageError."""
        self.machine(thread)
        guests = self.debugger.guests
        return guests[thread - 1] if thread <= len(guests) else None

    @property
    def thread(self) -> int:
        """That of the guest that is looked at."""
        return 1 + self.debugger.guests.index(self.debugger.present)

    def choose(self, thread: int) -> None:
        """Look at the guest of a thread from now on, if it has one."""
        self.debugger.present = self.guest(thread) or self.debugger.present

    @contextmanager
    def seen_from(self, thread: int) -> Iterator[None]:
        """Inside, the guest of a thread is looked at."""
        before = self.debugger.present
        self.choose(thread)
        try:
            yield
        finally:
            self.debugger.present = before

    @property
    def reads(self) -> bool:
        """Whether the guest reads what somebody types."""
        return any(isinstance(c.input, Live) and not c.input.ended for c in self.debugger.consoles)

    @property
    def at(self) -> str:
        """At which step the guest stands: clients have little room for it."""
        step, newest = self.debugger.machine.steps, self.debugger.history.newest
        return f"{self.debugger.named}step {step:,}" + (f" of {newest:,}" if step < newest else "")

    # ---- what a client may point to

    def handle(self, what: object) -> int:
        """A number for it, never used before."""
        self._numbers += 1
        self.handles[self._numbers] = what
        return self._numbers

    def forget(self) -> None:
        """What was pointed to is no longer there."""
        self.handles.clear()
        self.text = ""

    def find(self, number: int) -> object:
        if number not in self.handles:
            raise UsageError(f"{number} points to nothing any more", "ask again: the machine has moved")
        return self.handles[number]

    # ---- a long way

    def begin(self, title: str) -> Busy:
        wanted = "supportsProgressReporting" in self.client
        self.busy = Busy(self.link, title, self.request, wanted, partial(self._serve, self))
        return self.busy

    def rest(self) -> None:
        if self.busy is not None:
            self.busy.end()
        self.busy = None

    # ---- what a client is told

    def flush(self) -> None:
        """Show what the guest has printed since, each character once. What is on the screen stays there."""
        debugger = self.debugger
        if len(debugger.history.branches) != self._branches:
            self._branches = len(debugger.history.branches)
            for heard in self._heard:
                heard.forget()
        for heard in self._heard:
            if text := heard.new():
                self.link.output(text, "stdout")

    def say(self, text: str) -> None:
        self.link.output(f"{text}\n")

    def stopped(self, reason: str, description: str, text: str = "", hit: list[int] | None = None) -> None:
        """The machine stands: all that pointed into it is void."""
        self.forget()
        self.text = text
        self.flush()
        self._tell_end()
        body: Message = {"reason": reason, "description": description, "threadId": self.thread}
        body["allThreadsStopped"] = True
        if text:
            body["text"] = text
        if hit:
            body["hitBreakpointIds"] = hit
        self.link.event("stopped", body)

    def ended(self, how: str) -> None:
        """The guest has run to an end, and nobody goes back from there."""
        self.flush()
        self._tell_end()
        if not self.debugger.machine.halted:
            self.say(how)

    def _tell_end(self) -> None:
        """How the guests ended, once all have: after that one may still go back."""
        machines = [guest.machine for guest in self.debugger.guests]
        if all(machine.halted for machine in machines) and not self._exited:
            self._exited = True
            code = next((code for machine in machines if (code := exit_code(machine))), 0)
            self.link.event("exited", {"exitCode": code})

    def changed(self) -> None:
        """Something of the machine is another, where it stands."""
        self.flush()
        if "supportsInvalidatedEvent" in self.client:
            self.link.event("invalidated", {"areas": ["all"]})
        if "supportsMemoryEvent" in self.client:
            storage = self.debugger.machine.storage
            size = storage.size * ((storage.width + 7) // 8)
            self.link.event("memory", {"memoryReference": "[0x0]", "offset": 0, "count": size})

    def put(self, words: dict[int, int]) -> None:
        """Change words of the guest's storage, by their places."""
        debugger = self.debugger
        past = debugger.past
        with debugger.history.change():
            for place, value in words.items():
                debugger.machine.storage.write(place, [value])
        if past:
            self.say(f"a branch begins at step {debugger.machine.steps:,}: what came after it is given up")
        self.afterwards.append(self.changed)

    def terminate(self) -> None:
        """The guest is no longer debugged; the client goes by itself."""
        self.close()
        self.link.event("terminated")


Perform = Callable[[Session, Arguments], Message | None]
