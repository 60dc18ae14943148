"""The machine: state, storage, ports and time around an engine.

`Machine` is the protocol that everything hangs on: `run_to_trap` stops with the state before a trap, `enter` performs
`on trap`, `run` is the loop of both. An engine (`Engine`) only executes steps; budgets, device events, idling and
breakpoints are settled here, once, for bare and virtual machines alike. `monitor.virtual.VirtualMachine` is a
`Machine` whose engine runs on another machine. A bare machine is made by `isa.engines.choice.bare`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Protocol, runtime_checkable

from isa.description import Isa, Role
from isa.devices import DeviceFailure, DeviceStorage, Ports
from isa.display import Displayed
from isa.errors import MachineError
from isa.machine.exits import Exit, Pause, Reason, Trap
from isa.machine.recording import look, write
from isa.machine.records import Kind, Trace
from isa.machine.sizes import check_size
from isa.machine.state import MachineState, layout_of
from isa.machine.storage import LINE_SHIFT, Storage
from isa.machine.time import NEVER


class Engine(Protocol):
    """What executes steps of one machine; see `isa.engines.reference.engine.ReferenceEngine`.

    `execute` and `deliver` run at most `limit` steps (at least 1) without a device event between them. `execute` tells
    how many ran and why it stopped, which may be the trap that the next step demands. `deliver` delivers traps, one
    step each, and goes on: it tells how many steps there were, how many of them trapped, and why it stopped. Either may
    stop after some of its steps with `Pause.LIMIT`, and is then asked to go on. Either may let time pass for a machine
    that spins, as `Machine.skip` does, and count it in `skipped`; or it stops with `Pause.SPIN`. Both stop with
    `Pause.LIMIT` before a step at a breakpoint, if it is not the first: that has been looked at. `record` does either,
    and records the steps; all of them are in the trace's span, but if the machine is virtual. `level` is the machine as
    native code knows it that runs others on it (`isa.engines.native.layers.Level`), None if there is none. All that
    matters is in the machine's state and storage, so another engine may take over between two calls.
    """

    def execute(self, limit: int) -> tuple[int, Trap | Pause]: ...
    def deliver(self, limit: int) -> tuple[int, int, Pause]: ...
    def record(self, limit: int, deliver: bool, trace: Trace) -> tuple[int, int, Trap | Pause]: ...
    def enter(self, trap: Trap) -> None: ...
    def reset(self) -> None: ...
    def advance(self, steps: int) -> None: ...
    def spin_horizon(self) -> int: ...
    def peek(self) -> int | Trap: ...
    def place(self) -> int | None: ...
    def level(self) -> object | None: ...


EngineFactory = Callable[["Machine"], Engine]


class Loadable(Protocol):
    """What `Machine.load` takes; `isa.assembler.Image` is one."""

    def check(self, isa: Isa) -> None: ...
    @property
    def entry(self) -> int: ...
    @property
    def segments(self) -> Sequence["Segment"]: ...


@runtime_checkable
class Annotated(Protocol):
    """A program that says of its words what they are. `code` tells which are instructions, as (first place, how many),
    and `replaced` what some of them stand for, by place."""

    @property
    def code(self) -> Sequence[tuple[int, int]]: ...
    @property
    def replaced(self) -> Mapping[int, int]: ...


class Segment(Protocol):
    @property
    def address(self) -> int: ...
    @property
    def words(self) -> tuple[int, ...]: ...


Came = tuple[Reason | None, Trap | None, str]  # of a stretch: why a run ends, if it does, the trap, and words
_ON: Came = None, None, ""
_HALTED: Came = Reason.HALT, None, ""
_SPENT: Came = Reason.BUDGET, None, ""
_TRAPPED, _LIMIT = Reason.TRAP, Pause.LIMIT  # an Enum is slow to ask for its members


class Machine(Displayed):
    """A machine in its state after `on reset`, with zeroed storage.

    `steps`, `retired` and `skipped` (those of both that passed in idling) count since the machine was made. `trace`, if
    set, says which steps are recorded; that changes nothing else. `breakpoints` are pcs before whose instruction a run
    stops, and `break_places` places in storage; the next run passes it. `engine` makes the engine (see
    `isa.engines.choice`), which may be replaced between two runs. With `state` the machine goes on from there, instead
    of being reset.
    Raises MachineError if the storage is too small for the trap entry, or not of a size that the description assumes.
    """

    def __init__(
        self,
        isa: Isa,
        storage: Storage,
        ports: Ports | None = None,
        seed: int = 0,
        *,
        engine: EngineFactory,
        state: MachineState | None = None,
    ) -> None:
        self.isa, self.storage, self.seed = isa, storage, seed
        check_size(isa, storage.size, storage.page_words)
        self.ports = ports or Ports({})
        self.state = state or MachineState(layout_of(isa))
        self.steps = self.retired = self.skipped = 0
        self.random = Random(seed)  # for `unknown`; a virtual machine lends its own to the machine it runs on
        self.stopped_by = ""  # an engine's words for a device failure or a violation
        self.trace: Trace | None = None
        self.traffic: list[tuple[Kind, int, int]] | None = None  # what a step that is recorded sends and receives
        self.breakpoints: set[int] = set()
        self.deadline: int | None = None  # the step at which a device is due, as it was when the engine was asked last
        self.break_places: set[int] = set()
        self._restored: dict[int, int] = {}
        self.code: tuple[tuple[int, int], ...] = ()  # where the program that was loaded has instructions
        self.attentive = False  # engines stop with LIMIT after each step that may have changed the mode, or relocation
        self.broke = -1  # the step at which a breakpoint last ended a run, so that the next one passes it
        slots = self.state.layout.slots
        self._halt = [(slots[p.state].first, (1 << p.width) - 1 << p.low) for p in isa.roles[Role.HALT]]
        self.pc_slot = slots[isa.pc].first
        self._pending = isa.roles[Role.PENDING]
        self.factory = engine
        self.engine = self.factory(self)
        if state is None:
            self.engine.reset()

    def title(self) -> str:
        return f"{self.isa.name} with {self.storage.size:,} words"

    def shown(self) -> Iterator[tuple[str, str]]:
        yield "steps", f"{self.steps:,}"
        yield from self.state.shown()

    def load(self, image: Loadable) -> None:
        """Put an image's words into storage and its entry into the pc. Raises MachineError if it does not fit."""
        image.check(self.isa)
        for segment in image.segments:
            if segment.address + len(segment.words) > self.storage.size:
                raise MachineError(
                    f"the image needs {segment.address + len(segment.words)} words of storage, not {self.storage.size}",
                    "give the machine more storage: `--storage WORDS`",
                )
        for segment in image.segments:
            self.storage.write(segment.address, segment.words)
        self.state[self.isa.pc] = image.entry
        self.code = tuple(image.code) if isinstance(image, Annotated) else ()
        self.replace(self.stands(image))

    def stands(self, image: Loadable) -> dict[int, tuple[int, int]]:
        """What `replace` is given of an image that is in storage."""
        replaced = image.replaced if isinstance(image, Annotated) else {}
        return {place: (self.storage.load(place), was) for place, was in replaced.items()}

    def replace(self, replaced: Mapping[int, tuple[int, int]]) -> None:
        """A program is there now. `replaced` has by place the words that stand for others, and what these are; only a
        monitor makes anything of that."""

    def words(self, first: int, count: int) -> "memoryview[int]":
        """Words of storage as the program has them that was loaded, whatever stands for them."""
        return self.storage.cells[first : first + count]

    def line(self, number: int) -> "memoryview[int]":
        """One line of storage as the program has it; the last one may be short."""
        return self.words(number << LINE_SHIFT, 1 << LINE_SHIFT)

    def restore(self, replaced: Mapping[int, tuple[int, int]]) -> None:
        """Have a program, given as for `replace`, as it would be if nothing in it stood for anything else."""
        for place, (word, was) in replaced.items():
            self.storage.write(place, [was])
            self._restored[place] = word

    def standing(self) -> Iterator[tuple[int, int]]:
        """(place, word) of the words that stand for others, or did before they were restored."""
        return iter(self._restored.items())

    def instructions(self) -> Iterator[tuple[int, int]]:
        """(place, word) where the program had instructions when it was loaded."""
        for first, count in self.code:
            yield from enumerate(self.words(first, count), first)

    # ---- running

    def run(self, budget: int) -> Exit:
        """Run at most `budget` steps, delivering traps. Never ends with `Reason.TRAP`."""
        if self.ports.devices:
            self.ports.renew()
        first, retired, stop = self.steps, self.retired, self.steps + budget
        while True:
            reason, trap, detail = self._stretch(stop, deliver=True)
            if trap is not None:
                self.enter(trap)
            elif reason is not None:
                self._pass_on()
                return Exit(reason, self.steps - first, self.retired - retired, None, detail)

    def run_to_trap(self, budget: int) -> Exit:
        """Run at most `budget` steps, stopping with the state before the first trap."""
        first, retired = self.steps, self.retired
        reason, trap, detail = self.proceed(budget)
        assert reason is not None
        return Exit(reason, self.steps - first, self.retired - retired, trap, detail)

    def proceed(self, budget: int) -> Came:
        """The same, for whoever knows how many steps there were from the machine itself: why it stopped."""
        stop, came = self.steps + budget, _ON
        if self.ports.devices:
            self.ports.renew()
        elif budget > 0 and not (self.breakpoints or self.break_places or self.trace is not None):
            self.deadline = None
            ran, why = self.engine.execute(budget)
            self.steps += ran
            self.retired += ran
            came = (_TRAPPED, why, "") if isinstance(why, Trap) else self._paused(why, stop, None)
        while came[0] is None:
            came = self._stretch(stop)
        if self.trace is not None:
            self._pass_on()
        return came

    def enter(self, trap: Trap) -> None:
        """Deliver a trap that `run_to_trap` stopped before: the step happens, trapped. Counts one step."""
        if self.trace is not None and self.trace.span(self.steps)[0]:
            seen = look(self, self.engine, self.trace)
            self.engine.enter(trap)
            write(self, self.trace, self.steps, seen, trap)
        else:
            self.engine.enter(trap)
        self.steps += 1

    def _stretch(self, stop: int, deliver: bool = False) -> Came:
        """Run to the next point where something other than the engine must decide. Reason None: go on. With `deliver`
        the engine delivers traps by itself, unless single steps are looked at.

        Device events land at the step boundary where they are due, in device order, before the next prologue.
        """
        deadline, limit, devices = None, stop - self.steps, self.ports.devices
        breaking = self.breakpoints or self.break_places
        if devices or breaking or limit <= 0:  # else it is enough that the engine finds that it halted
            if self.halted:
                return _HALTED
            if limit <= 0:
                return _SPENT
        if devices:
            try:
                deadline = self._act()
            except DeviceFailure as failure:
                return Reason.DEVICE, None, failure.message
            if deadline is not None:
                limit = max(1, min(limit, deadline - self.steps))
        self.deadline = deadline
        if breaking:
            if self.steps != self.broke and self.at_breakpoint():
                self.broke = self.steps
                return Reason.BREAKPOINT, None, ""
            if self.trace is not None:  # who records steps does not look for breakpoints
                limit, deliver = 1, False
        try:
            if deliver or self.trace is not None:
                ran, trapped, why = self._take(limit, deliver)
            else:
                trapped, (ran, why) = 0, self.engine.execute(limit)
        finally:
            if devices:
                self.ports.settle()
        self.steps += ran
        self.retired += ran - trapped
        return (_TRAPPED, why, "") if isinstance(why, Trap) else self._paused(why, stop, deadline)

    def _paused(self, why: Pause, stop: int, deadline: int | None) -> Came:
        """What it comes to that the engine stopped for no trap."""
        if why is _LIMIT:
            return _ON
        match why:
            case Pause.HALT:
                return _HALTED
            case Pause.SPIN:
                return (None if self.skip(stop, deadline) else Reason.IDLE), None, ""
            case Pause.DEVICE:
                return Reason.DEVICE, None, self.stopped_by
            case Pause.VIOLATION:
                return Reason.VIOLATION, None, self.stopped_by
        return _ON

    @property
    def breaking(self) -> bool:
        """Whether there are breakpoints."""
        return bool(self.breakpoints or self.break_places)

    def at_breakpoint(self) -> bool:
        """Whether the next instruction is one before which the run stops."""
        if self.state.block[self.pc_slot] in self.breakpoints:
            return True
        return bool(self.break_places) and self.engine.place() in self.break_places

    def _take(self, limit: int, deliver: bool) -> tuple[int, int, Trap | Pause]:
        """Have the engine take up to `limit` steps: how many it took, how many of them trapped, and why it stopped."""
        if self.trace is not None:
            recorded, steps = self.trace.span(self.steps)
            if recorded or steps < limit:
                return self._record(limit, deliver, self.trace)
        if deliver:
            return self.engine.deliver(limit)
        ran, why = self.engine.execute(limit)
        return ran, 0, why

    def _record(self, limit: int, deliver: bool, trace: Trace) -> tuple[int, int, Trap | Pause]:
        """As `_take`, where some of the steps are recorded."""
        recorded, steps = trace.span(self.steps)
        if recorded:
            return self.engine.record(min(limit, steps), deliver, trace)
        return self._take(steps, deliver)

    def _pass_on(self) -> None:
        """Have what was recorded of a run consumed."""
        if self.trace is not None:
            self.trace.recorder.pass_on()

    def skip(self, stop: int, deadline: int | None = None) -> bool:
        """Let time pass for a machine that spins. False if nothing can ever wake it."""
        horizon = self.engine.spin_horizon()
        if horizon == NEVER and deadline is None:
            return False
        least = min(horizon, stop - self.steps, horizon if deadline is None else deadline - self.steps)
        self.spin(max(1, least))
        return True

    def spin(self, steps: int) -> None:
        """Let so many steps pass in which nothing but time changes. The machine spins, and is not woken by then."""
        self.engine.advance(steps)
        self.steps += steps
        self.retired += steps
        self.skipped += steps

    @property
    def watched(self) -> bool:
        """Whether somebody looks at single steps."""
        return self.trace is not None or bool(self.breakpoints or self.break_places)

    @property
    def disturbed(self) -> bool:
        """Whether a device is due at another step than when the engine was asked: then it must not go on."""
        return self.ports.deadline() != self.deadline

    @property
    def hosts(self) -> list["Machine"]:
        """The machine itself, and for a virtual one those that it runs on, down to the real one."""
        return [self]

    @property
    def halted(self) -> bool:
        """Whether a place with the role @halt is not zero."""
        block = self.state.block
        for slot, mask in self._halt:  # noqa: SIM110 (a generator takes longer than what it looks at)
            if block[slot] & mask:
                return True
        return False

    # ---- devices

    def receive(self, channel: str, port: int, ahead: int) -> int:
        """What an engine asks for a `recv`, `ahead` steps after `steps`: the word, cut to the channel's width."""
        word = self.ports.recv(port, self.steps + ahead) & (1 << self.isa.states[channel].width) - 1
        if self.traffic is not None:
            self.traffic.append((Kind.RECV, port, word))
        return word

    def send(self, channel: str, port: int, word: int, ahead: int) -> None:
        """What an engine asks for a `send`. Raises DeviceFailure if the host fails the device."""
        self.ports.send(port, word, self.steps + ahead)
        if self.traffic is not None:
            self.traffic.append((Kind.SEND, port, word))

    def devices_see(self) -> DeviceStorage:
        """Storage as devices have it."""
        return self.storage

    def act(self) -> None:
        """Let the devices act that are due at this boundary, as going on would do first. Raises DeviceFailure."""
        self._act()

    def _act(self) -> int | None:
        """Let the devices that are due act; returns the next deadline."""
        deadline = self.ports.deadline()
        if deadline is None or deadline > self.steps:
            return deadline
        raised = self.ports.act(self.steps, self.devices_see())
        for place in self._pending:
            mask = raised & ((1 << place.width) - 1)
            self.state.block[self.state.layout.slots[place.state].first] |= mask << place.low
        return self.ports.deadline()
