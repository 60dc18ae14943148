"""The dispatcher: entered by every exit from direct execution. It is the engine of a virtual machine.

A direct run lasts until something of the virtual machine is due: the limit given, or the horizon of its own prologue.
Then, or at a trap, the *interpreter* takes one step: it is the machine's own step on the virtual machine's state and
window, so emulating an instruction, reflecting a trap and injecting an interrupt are one act, and which of the three
it was is read off the outcome.

Where the technique does not let the virtual machine run directly, it is the bare machine's engine that goes on with it,
on its own state and window, until it may, or traps. That is interpretation too, and counted so.
"""

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from isa.description import Isa
from isa.engines.reference.engine import HAPPENED, ReferenceEngine
from isa.engines.reference.steps import steps_of
from isa.ir.nodes import Origin
from isa.machine import Machine, Pause, Reason, Trap
from isa.machine.machine import Engine, EngineFactory
from isa.machine.recording import look, write
from isa.machine.records import NEVER, Trace
from isa.passes.normal import bits_written
from monitor.compiled import CompiledCore
from monitor.following import check_alone, followed, most, stopping
from monitor.statistics import Decision, ExitEvent
from monitor.virtual import Told, Virtual

if TYPE_CHECKING:
    from isa.engines.native.layers import Bare
    from monitor.native import NativeLevel

T = TypeVar("T")
_EMULATED, _REFLECTED, _PROLOGUE = Decision.EMULATED, Decision.REFLECTED, Origin.PROLOGUE  # an Enum is slow to ask
_LIMIT = Pause.LIMIT


class Dispatcher:
    """Runs a virtual machine on `below`, the machine under its monitor; `engine` makes what interprets it for longer
    than a step. See `isa.machine.machine.Engine`."""

    def __init__(self, vm: Virtual, below: Machine, core: CompiledCore, engine: EngineFactory) -> None:
        self.vm, self.below, self.core = vm, below, core
        self.isa: Isa = vm.isa
        self.interpreter = ReferenceEngine(vm)
        self._steps = steps_of(vm.isa)
        self.offset = vm.storage.offset - below.storage.offset
        self._window = (self.offset, vm.storage.size)
        self._entry_halts = bool(bits_written(vm.isa.entry) & self._steps.translator.halt)
        self._pc = vm.state.layout.slots[vm.isa.pc].first
        self._causes = {number: name for name, number in reversed(vm.isa.cause.members.items())}
        self.last_exit = 0
        self.done = self.trapped = 0  # steps of the present run, and those of them that trapped
        self.began = 0  # at which of its steps the machine below began a run that is under way, else where it is
        self._native: NativeLevel | None = None
        self._asked: Trace | None = None  # for the present run
        self._engine = engine

    def move(self, processor: Machine) -> None:
        """Run on this machine from now on: another processor of the machine below, over the same storage."""
        self.below = processor

    def execute(self, limit: int) -> tuple[int, Trap | Pause]:
        """As every engine: at most `limit` steps, and why it stopped."""
        done, _, stop = self._run(limit, deliver=False)
        return done, stop

    def deliver(self, limit: int) -> tuple[int, int, Pause]:
        done, trapped, stop = self._run(limit, deliver=True)
        assert not isinstance(stop, Trap)
        return done, trapped, stop

    def record(self, limit: int, deliver: bool, trace: Trace) -> tuple[int, int, Trap | Pause]:
        """As either, and where the trace says so, with records of the steps, whoever takes them. Raises MachineError if
        a machine below is traced too."""
        check_alone(self.below)
        self._asked = trace
        try:
            return self._run(limit, deliver)
        finally:
            self._asked = None

    def _run(self, limit: int, deliver: bool) -> tuple[int, int, Trap | Pause]:
        """Up to `limit` steps: how many there were, how many of them trapped, and why it stopped. In native code where
        that is possible; whatever that leaves is done here."""
        vm, self.done, self.trapped = self.vm, 0, 0
        vm.attentive = not self.core.never or vm.told is not None
        if vm.halted:
            return 0, 0, Pause.HALT
        while self.done < limit:
            if (vm.breakpoints or vm.break_places) and self.done and vm.at_breakpoint():
                break
            lower = self.below.engine.level()
            level = None if lower is None else self._level_on(lower)
            if level is None:
                asked = self._asked
                stop = self._stretch(limit, NEVER if asked is None else most(self.isa, asked, vm.steps + self.done))
            else:
                stop = self._natively(level, limit, deliver)
                self.trapped += level.trapped
            if deliver and stop.__class__ is Trap:
                if self._asked is None and vm.told is None:
                    self.enter(stop)
                else:
                    self._deliver(stop)
                self.done += 1
                self.trapped += 1
                stop = Pause.HALT if self._entry_halts and vm.halted else None
            if stop is not None:
                return self.done, self.trapped, stop
        return self.done, self.trapped, _LIMIT

    def may_run_directly(self) -> bool:
        """Whether the technique lets the virtual machine run directly as it is now."""
        return bool(self.core.direct(self.vm.state.block))

    @property
    def _recorded(self) -> Trace | None:
        """The trace, if the next step belongs to it."""
        trace = self._asked
        return trace if trace is not None and trace.span(self.vm.steps + self.done)[0] else None

    def _stretch(self, limit: int, most: int) -> Trap | Pause | None:
        """Directly as far as that goes, then one interpreted step if that is what is needed. None: go on."""
        if not (self.core.always or self.may_run_directly()):
            return self._interpreted(limit)
        vm, (offset, size) = self.vm, self._window
        due: int = self.core.hand_down(vm.state.block, self.below.state.block, offset, size)
        allowed, cause = limit - self.done, None
        if due < allowed:
            allowed = due
        if most < allowed:
            allowed = most
        if allowed > 0:
            looked_at = self._asked is not None or vm.breakpoints or vm.break_places
            end = self._looked_at(allowed) if looked_at else self._direct(allowed)
            if end.__class__ is Trap:
                cause = end.cause
            elif end is _LIMIT:
                if self.done == limit:
                    device = vm.ports.deadline() == vm.steps + limit
                    self._count(Decision.SCHEDULED, "device deadline" if device else "quantum")
                return None
            else:
                return end
        return self.interpret(cause)

    def level(self) -> "NativeLevel | None":
        """This machine for native code, which runs it only where nobody looks at what happens on the way."""
        lower = self.below.engine.level()
        return None if lower is None else self._level_on(lower)

    def _level_on(self, lower: object) -> "NativeLevel | None":
        vm = self.vm
        if self._asked or vm.subscribers or vm.replaced or self.below.watched:
            return None
        if vm.breaking and (isinstance(self.below, Virtual) or not self.core.always):
            return None
        if self._native is None:
            from monitor.native import native_level

            self._native = native_level(self, lower)
        if self._native is not None:
            self._native.stand_on(lower)
        return self._native

    def _natively(self, level: "NativeLevel", limit: int, deliver: bool) -> Trap | Pause | None:
        if not (self.vm.breakpoints or self.vm.break_places):
            return level.run(limit, deliver)
        with stopping(self):
            return level.run(limit, deliver)

    def _deliver(self, trap: Trap) -> None:
        trace = None if self._asked is None else self._recorded
        if trace is None:
            self.enter(trap)
        else:
            seen = look(self.vm, self, trace)
            self.enter(trap)
            write(self.vm, trace, self.vm.steps + self.done, seen, trap)
        if self.vm.told is not None:
            self._moded(1)

    def enter(self, trap: Trap) -> None:
        self._steps.entry(self.vm.state.block, self.vm.storage.cells, self.interpreter, trap.cause, trap.info)

    def reset(self) -> None:
        self.interpreter.reset()

    def advance(self, steps: int) -> None:
        self.interpreter.advance(steps)

    def spin_horizon(self) -> int:
        return self._as_written(self.interpreter.spin_horizon)

    def peek(self) -> int | Trap:
        return self._as_written(self.interpreter.peek)

    def place(self) -> int | None:
        return self.interpreter.place()

    # ---- direct execution

    def _looked_at(self, allowed: int) -> Trap | Pause:
        """As `_direct`, where its steps are recorded, or it has breakpoints."""
        if self._asked is not None:
            return followed(self, self._asked, partial(self._direct, allowed))
        with stopping(self):
            return self._direct(allowed)

    def _direct(self, allowed: int) -> Trap | Pause:
        """Run on the machine below, into which the virtual one was handed down, for at most `allowed` steps."""
        vm, below = self.vm, self.below
        below.random = vm.random
        ports, counted = below.ports, below.ports.counted
        first = self.began = below.steps
        reason, trap, detail = below.proceed(allowed)
        self.began = below.steps
        steps = self.began - first
        v, r, (offset, size) = vm.state.block, below.state.block, self._window
        if ports.counted != counted or self.core.take_back(v, r, offset, size, steps):
            return self.kill(steps)
        if steps:
            self.done += steps
            vm.statistics.count_steps(steps, 0)
        if trap is not None:
            return trap
        match reason:
            case Reason.IDLE:
                return self.idle()
            case Reason.VIOLATION:
                vm.stopped_by = detail
                return Pause.VIOLATION
        return _LIMIT

    def idle(self) -> Pause:
        """The machine below waits for ever, and so does this one until something of its own is due."""
        self._count(Decision.IDLED, "spin")
        return Pause.SPIN

    def kill(self, steps: int) -> Pause:
        """The audit found a breach: the virtual machine stays as it was before this direct run of so many steps."""
        changed = self.core.breached(self.vm.state.block, self.below.state.block, *self._window, steps)
        what = ", ".join(changed) if changed else "a channel"
        self.vm.stopped_by = f"resource control: it changed {what} of the machine below without a trap"
        self._count(Decision.KILLED, what)
        return Pause.VIOLATION

    # ---- interpretation

    def interpret(self, cause: int | None) -> Trap | Pause | None:
        """One step of the machine's own semantics on the virtual machine; `cause` is of the trap with which direct
        execution ended, if it did."""
        vm, interpreter = self.vm, self.interpreter
        pc, interpreter.done, interpreter.place_of_word = vm.state.block[self._pc], self.done, None
        stop = interpreter.single() if self._asked is None and not vm.replaced else self._single()
        place, decision, steps = interpreter.place_of_word, _EMULATED, 1
        if stop is None:
            self.done += 1
        elif stop.__class__ is Trap:
            cause, decision = stop.cause, _REFLECTED
            if stop.origin is _PROLOGUE:  # nothing was fetched
                decision, place = Decision.INJECTED, interpreter.place()
        else:
            decision, steps = _decision(stop), stop in HAPPENED
            self.done += steps
        name = "" if cause is None else self._causes.get(cause) or str(cause)
        self._record(decision, name, pc, place, steps)
        return stop

    @cached_property
    def bare(self) -> Engine:
        """The bare machine's engine, on the virtual machine's state and storage."""
        return self._engine(self.vm)

    def _interpreted(self, limit: int) -> Trap | Pause | None:
        """Interpret as long as the technique says so, and as far as the bare machine's engine goes."""
        vm = self.vm
        if self.done:
            return Pause.LIMIT  # that engine counts from where the machine says that it is
        skipped = vm.skipped
        self.done, stop = self._bare(1 if self.core.sudden else limit)
        self._interpreting(self.done - (vm.skipped - skipped), stop)
        return None if stop is Pause.LIMIT else stop

    def go_on(self, alone: "Bare") -> Trap | Pause | None:
        """One such step, which native code left to Python."""
        stop = alone.answer(self.done)
        happened = stop is None or stop in HAPPENED
        self.done += happened
        self._interpreting(happened, stop)
        self.vm.traffic = None
        return stop

    def _interpreting(self, steps: int, stop: Trap | Pause | None) -> None:
        """Count so many steps, and what came of them: the end of the stretch, if this is one."""
        self.vm.statistics.count_steps(0, steps + isinstance(stop, Trap))
        if isinstance(stop, Trap):
            self._count(_decision(stop), self.cause_name(stop.cause))
        elif stop is Pause.DEVICE:
            self._count(Decision.FAILED, "")
        elif self.may_run_directly():
            self._count(Decision.INTERPRETED, "")
        else:
            self._moded(0)

    def _moded(self, ahead: int) -> None:
        """Tell whoever wants to know that the mode may be another one, so many steps ahead of what is counted."""
        if self.vm.told is not None:
            self.vm.told([Told(self.vm.steps + self.done + ahead, None, "", self.vm.mode)])

    def _bare(self, limit: int) -> tuple[int, Trap | Pause]:
        """Up to `limit` steps of that engine: how many it took, and why it stopped."""
        trace = self._asked
        if trace is None:
            return self.bare.execute(limit)
        recorded, steps = trace.span(self.vm.steps)
        if not recorded:
            return self.bare.execute(min(limit, steps))
        ran, _, stop = self.bare.record(1 if self.vm.attentive else min(limit, steps), False, trace)
        return ran, stop

    def _single(self) -> Trap | Pause | None:
        """That step, where it is recorded or words stand for others: what came of it."""
        trace = self._recorded
        if trace is not None:
            seen = look(self.vm, self, trace)
        stop = self._as_written(self.interpreter.single)
        if trace is not None and (stop is None or stop in HAPPENED):
            write(self.vm, trace, self.vm.steps + self.done, seen)
        self.vm.traffic = None
        return stop

    def _as_written(self, ask: Callable[[], T]) -> T:
        """Something asked of the interpreter, about the next instruction as the program has it."""
        if not self.vm.replaced:
            return ask()
        with self.vm.as_written():
            return ask()

    # ---- accounts

    def _count(self, decision: Decision, cause: str) -> None:
        self._record(decision, cause, self.vm.state.block[self._pc], self.interpreter.place())

    @property
    def since(self) -> int:
        """How many steps ran since the last exit."""
        return self.vm.steps + self.done - self.last_exit

    @since.setter
    def since(self, steps: int) -> None:
        self.last_exit = self.vm.steps + self.done - steps

    def _record(self, decision: Decision, cause: str, pc: int, place: int | None, steps: int = 0) -> None:
        """Count an exit, and the steps that were interpreted for it, and tell whoever subscribed."""
        vm = self.vm
        step, statistics = vm.steps + self.done, vm.statistics
        since, self.last_exit = step - self.last_exit, step
        if statistics.pending is not None:
            statistics.settle()
        statistics.add(decision, cause, pc, place, 1, since, steps)
        for subscriber in vm.subscribers:
            subscriber(ExitEvent(vm, step, decision, cause, pc, place, since))
        if vm.told is not None:
            vm.told([Told(step, decision, cause, vm.mode)])

    def cause_name(self, cause: int) -> str:
        return self._causes.get(cause) or str(cause)


def _decision(stop: Trap | Pause | None) -> Decision:
    """What an interpreted step turned out to be."""
    if stop is None:
        return _EMULATED
    if stop.__class__ is Trap:
        return Decision.INJECTED if stop.origin is _PROLOGUE else _REFLECTED
    match stop:
        case Pause.SPIN:
            return Decision.IDLED
        case Pause.DEVICE:
            return Decision.FAILED
    return _EMULATED
