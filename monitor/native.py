"""A virtual machine in native code: the dispatcher's loop as `isa.engines.native.layered` has it, and what Python does
before and after.

Native code takes the steps that need nobody: direct runs, and single steps by interpretation, traps included. For
whatever else it comes back in the middle of things; what is done here is one act of one machine, and then native code
goes on. So every direct run is as long as in Python, and audited as a whole.
"""

from typing import Protocol, cast
from weakref import WeakKeyDictionary

from isa.description import Isa
from isa.engines.auto import URGENT
from isa.engines.native.background import Job, submit
from isa.engines.native.exits import NOTHING, Outcome, Table, signed
from isa.engines.native.frame import BELOW, CODES, FIELD, Code
from isa.engines.native.layer_code import LayerCode, layer_code
from isa.engines.native.layers import Bare, Level
from isa.engines.native.stopping import Stops
from isa.engines.native.told import ENTERED, Log, ToldCode, told_code
from isa.engines.reference.engine import Stop
from isa.machine import Machine, Pause, Trap
from isa.machine.time import NEVER
from monitor.compiled import CompiledCore
from monitor.statistics import Decision, Statistics
from monitor.virtual import Told, Virtual

DECISIONS = {
    Outcome.DONE: Decision.EMULATED,
    Outcome.TRAPPED: Decision.REFLECTED,
    Outcome.INTERRUPTED: Decision.INJECTED,
    Outcome.LIMIT: Decision.SCHEDULED,
    Outcome.DEADLINE: Decision.SCHEDULED,
    Outcome.WAITED: Decision.IDLED,
    Outcome.SPUN: Decision.IDLED,
    Outcome.OVER: Decision.INTERPRETED,
}
WORDS = {Outcome.LIMIT: "quantum", Outcome.DEADLINE: "device deadline", Outcome.SPUN: "spin"}  # for the cause of those
_BELOW, _SLICE, _DUE, _INSIDE = (FIELD[name] for name in ("below", "slice", "due", "inside"))
_RAN, _TRAPPED, _SINCE, _REWRITTEN = (FIELD[name] for name in ("ran", "trapped", "since", "rewritten"))
_DIRECT, _INTERPRETED, _SKIPPED = (FIELD[name] for name in ("direct", "interpreted", "skipped"))
_LIMIT, _ASKED, _TO_LIMIT = Code.LIMIT, Pause.ASKED, Outcome.LIMIT  # an Enum is slow to ask

FAR = (1 << 63) - 1  # steps that native code can count
Making = WeakKeyDictionary[CompiledCore, Job[LayerCode]]
MAKING: Making = WeakKeyDictionary()
MAKING_TOLD: Making = WeakKeyDictionary()  # code that also tells of each exit


class Acts(Protocol):
    """What is asked of a dispatcher (`monitor.dispatcher.Dispatcher`), which does what native code leaves to Python."""

    isa: Isa
    vm: Virtual
    below: Machine
    core: CompiledCore
    done: int
    since: int

    def idle(self) -> Pause: ...
    def kill(self, steps: int) -> Pause: ...
    def interpret(self, cause: int | None) -> Stop | None: ...
    def may_run_directly(self) -> bool: ...
    def go_on(self, alone: Bare) -> Stop | None: ...
    def cause_name(self, cause: int) -> str: ...


class NativeLevel:
    """See the module; `isa.engines.native.layers.Level` says how those above use it. `lower` is the machine below, and
    `alone` this one by itself, if it ever runs so."""

    def __init__(self, dispatcher: Acts, code: LayerCode, lower: Level) -> None:
        self.dispatcher, self.vm, self.code = dispatcher, dispatcher.vm, code
        self.lower, self.options = lower, lower.options
        self.frame = code.machine.frame(self.vm, code.machine.tables(self.vm.storage))
        self.frame["run"] = code.address
        self.frame["offset"] = self.vm.storage.offset - dispatcher.below.storage.offset
        self.alone = None if dispatcher.core.always else lower.bare(self.vm)
        if self.alone is not None:
            self.frame["bare"] = self.alone.frame.address
        self.exits = Table(self.frame)
        self._stops = Stops(self.frame)
        self._kinds = _Kinds(self)
        self.log = Log(self.frame) if isinstance(code, ToldCode) else None
        self.vm.statistics.pending = self.count
        self.trapped = 0  # steps of the last run that trapped
        self.slice = NEVER

    def stand_on(self, lower: object) -> None:
        """Run on this level, which the engine of the machine below has, from now on."""
        self.lower = cast(Level, lower)

    def run(self, limit: int, deliver: bool) -> Stop | None:
        """Run until the dispatcher has done `limit` steps, or less: why it stopped, None for no reason of its own."""
        dispatcher, fields, execute = self.dispatcher, self.frame.fields, self.code.execute
        fields[_INSIDE] = self.trapped = 0
        while True:
            self._begin(self._limit(limit))
            try:
                code = execute(self.frame.address, min(limit - dispatcher.done, FAR), deliver)
            except BaseException:  # Ctrl-C: this run cannot be told any more, but nobody is in native code
                self.lower.finish(None)
                self._passed(None)
                raise
            first = self.vm.steps + dispatcher.done
            dispatcher.done += fields[_RAN]
            self.trapped += fields[_TRAPPED]
            self._tell(first)
            stop = self._finish(code)
            if not (code & BELOW or (self._went_on(stop) and dispatcher.done < limit)):
                return stop

    def _went_on(self, stop: Stop | None) -> bool:
        """Whether all that was to be done was done, and the next step is nobody's business."""
        return stop is _ASKED and not (self.vm.disturbed or self.vm.breaking)

    def bare(self, machine: Machine) -> Bare:
        return self.lower.bare(machine)

    # ---- under another machine

    def begin(self) -> None:
        self.dispatcher.done = 0
        self._begin(_TO_LIMIT)

    def finish(self, code: Code | None) -> tuple[int, Stop | None]:
        first, ran, self.frame["steps"] = self.vm.steps, self.frame["steps"], 0
        self._count(ran)
        self._tell(first)
        stop = self._finish(0 if code is None else self.frame["ended"])
        steps, self.dispatcher.done = self.dispatcher.done, 0
        self._count(steps)
        return steps, stop

    def _count(self, steps: int) -> None:
        self.vm.steps += steps
        self.vm.retired += steps

    # ---- before and after

    def _limit(self, limit: int) -> Outcome:
        """What it means that the machine does `limit` steps."""
        return Outcome.DEADLINE if self.vm.deadline == self.vm.steps + limit else _TO_LIMIT

    def _begin(self, due: Outcome) -> None:
        vm, fields, lower = self.vm, self.frame.fields, self.lower
        self.dispatcher.below.random = vm.random
        self.frame.look(vm.watched, vm.deadline is not None)
        if vm.breaking or self._stops.there:
            self._stops.look(vm)
        lower.begin()
        fields[_BELOW], fields[_SLICE] = lower.frame.address, lower.slice
        if self.alone is not None:
            self.alone.begin()
            fields[_SLICE] = min(lower.slice, self.alone.slice)
        fields[_DUE], fields[_SINCE] = due, self.dispatcher.since

    def _finish(self, ended: int) -> Stop | None:
        """Count what native code did, and see to what it came back for, here or below. Why this machine stops; None: it
        goes on."""
        below = ended & BELOW
        self._passed(None if below else CODES[ended])
        steps, stop = self.lower.finish(CODES[ended & ~BELOW] if below else None)
        if self.frame.fields[_SKIPPED]:
            self.vm.skipped += self.frame.take_skipped()
        self.dispatcher.since = signed(self.frame.fields[_SINCE])
        if self.frame.fields[_REWRITTEN]:
            for word in self.frame.take_rewritten():
                self.vm.storage.tell(word)
        if not below:
            return None if ended == _LIMIT else self._left(CODES[ended])
        self._pass(steps, stop)
        return None

    def _passed(self, code: Code | None) -> None:
        """This machine has run by itself, perhaps, and native code came back for that."""
        if self.alone is not None:
            self.alone.passed()
            self.alone.attend(code)

    def _pass(self, steps: int, stop: Stop | None) -> None:
        """Tell this machine's frame what Python did of the run of the machine below: so many steps, which ended so."""
        frame = self.frame
        frame["partial"] += steps
        match stop:
            case Trap():
                self.lower.frame["cause"] = stop.cause
                frame["next"] = Code.TRAP
            case Pause.HALT:
                frame["next"] = Code.HALT
            case Pause.VIOLATION:
                frame["next"] = Code.VIOLATION

    def _left(self, code: Code) -> Stop | None:
        """Do what native code left to Python at this machine, and say why it stops."""
        dispatcher, frame = self.dispatcher, self.frame
        match code:
            case Code.TRAP:
                return Trap(frame["cause"], frame["info"], *self.code.machine.sites[frame["site"]])
            case Code.HALT:
                return Pause.HALT
            case Code.SPIN:
                return Pause.SPIN
            case Code.ASK:
                return self._interpret()
            case Code.VIOLATION:
                self.vm.stopped_by = dispatcher.below.stopped_by
                return Pause.VIOLATION
            case Code.BREACH:
                return dispatcher.kill(frame["partial"])
            case Code.FULL:
                self.vm.statistics.settle()
        return None

    def _interpret(self) -> Stop | None:
        """Take the single step that native code did not."""
        frame, ports, because = self.frame, self.vm.ports, self.frame["because"]
        traffic = ports.traffic
        if self.alone is not None and not self.dispatcher.may_run_directly():
            stop = self.dispatcher.go_on(self.alone)
        else:
            stop = self.dispatcher.interpret(because if because != NOTHING else None)
        frame["used"] |= ports.traffic != traffic
        return stop

    def _tell(self, first: int) -> None:
        """Tell of the exits that native code has written down since this step, if it does."""
        if self.log is not None and self.vm.told is not None:
            taken, kinds = self.log.take(), self._kinds
            self.vm.told([Told(first + step, *kinds[what, cause], mode) for what, cause, step, mode in taken])

    def count(self, statistics: Statistics) -> None:
        """Count there what native code has counted."""
        fields = self.frame.fields
        statistics.count_steps(fields[_DIRECT], fields[_INTERPRETED])
        fields[_DIRECT] = fields[_INTERPRETED] = 0
        for exits in self.exits.take():
            cause = WORDS.get(exits.what, "") if exits.cause is None else self.dispatcher.cause_name(exits.cause)
            statistics.add(DECISIONS[exits.what], cause, exits.pc, exits.place, exits.count, exits.since)


class _Kinds(dict[tuple[int, int], tuple[Decision | None, str]]):
    """What kinds of exits are called: the decision, and the cause."""

    def __init__(self, level: NativeLevel) -> None:
        super().__init__()
        self._cause = level.dispatcher.cause_name

    def __missing__(self, kind: tuple[int, int]) -> tuple[Decision | None, str]:
        what, cause = kind
        if what == ENTERED:
            found: tuple[Decision | None, str] = None, ""
        else:
            found = DECISIONS[Outcome(what)], WORDS.get(Outcome(what), "") if cause == NOTHING else self._cause(cause)
        self[kind] = found
        return found


def native_level(dispatcher: Acts, found: object) -> NativeLevel | None:
    """A dispatcher's machine for native code, on the level that was found below it. None as long as the code is being
    compiled in the background."""
    isa, core, lower = dispatcher.isa, dispatcher.core, cast(Level, found)
    layer, tells = core.layer, dispatcher.vm.told is not None
    code, making = (told_code, MAKING_TOLD) if tells else (layer_code, MAKING)
    if lower.options.background:
        job = making.get(core) or submit(lambda: code(isa, layer), URGENT)
        if job is None:
            return None
        making[core] = job
        if not job.done:
            return None
    return NativeLevel(dispatcher, code(isa, layer), lower)
