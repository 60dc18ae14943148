"""The native engine: the same steps as the reference engine, in machine code.

`execute` hands a frame to native code and looks at why it came back. What native code leaves to Python (channels,
unknown values) is one step of the reference engine, on the same state. So both may take turns at any step.
"""

from array import array
from collections.abc import Callable
from time import perf_counter

from isa.description import Isa
from isa.engines.native.background import LATER
from isa.engines.native.code import REGION, NativeCode, native_code
from isa.engines.native.frame import CODES, FIELD, Code
from isa.engines.native.fusing import fusing_of
from isa.engines.native.options import Options
from isa.engines.native.stopping import Stops
from isa.engines.native.traced import traced_code
from isa.engines.native.translations import begun, translations_of
from isa.engines.reference.engine import HAPPENED, ReferenceEngine, Stop
from isa.machine.exits import Pause, Trap
from isa.machine.machine import Machine
from isa.machine.records import Trace

USUAL = Options()
FIRST_SLICE, SLICE = 1 << 19, 1 << 23  # steps after which Python looks at what was compiled meanwhile: what is kept
# is there soon, and for what has to be compiled it looks after twice as many each time
LONG_SLICE = 1 << 25  # as much if nothing is: where a slice ends, code is left that is not entered there again at once
LOOK = 1 << 12  # steps before the next look at what was compiled meanwhile: it takes longer than a thousand steps
SELDOM = 1 << 25  # as many where nothing is being compiled, and nothing may have to be
QUESTIONS = 64  # to Python, between two looks at what was compiled meanwhile
_RAN, _TRAPPED, _SKIPPED, _REWRITTEN = (FIELD[name] for name in ("ran", "trapped", "skipped", "rewritten"))
_HEAT, _ATTENTIVE, _STEPS = (FIELD[name] for name in ("heat", "attentive", "steps"))
_TRAP, _HOT, _ASK, _LIMIT, _ASKED = Code.TRAP, Code.HOT, Code.ASK, Pause.LIMIT, Pause.ASKED  # an Enum is slow to ask
_PAUSES = {Code.SPIN: Pause.SPIN, Code.HALT: Pause.HALT}


class NativeEngine(ReferenceEngine):
    """Runs one machine in native code. See `isa.machine.machine.Engine`."""

    fuses = True  # whether runs of instructions may get handlers of their own

    def __init__(self, machine: Machine, options: Options = USUAL) -> None:
        super().__init__(machine)
        self.options = options
        self.code = self.native(machine.isa)
        self.tables = self.code.tables(self.storage)
        self.translations = translations_of(self.isa, self.storage.root, self.tables)
        self.frame = self.code.frame(machine, self.tables)
        dispatch = self.code.dispatched(self.tables) if self.fuses and options.fuse else None
        self.fusing = None if dispatch is None else fusing_of(self.storage.root, self.tables, dispatch)
        self.slice = LONG_SLICE
        self._since = LOOK  # steps since the last look at what was compiled
        self.trapped = 0  # steps of the present run that trapped
        self._stops = Stops(self.frame)

    @staticmethod
    def native(isa: Isa) -> NativeCode:
        """The code that it runs."""
        return native_code(isa)

    def execute(self, limit: int) -> tuple[int, Stop]:
        done, _, stop = self._run(limit, deliver=False)
        return done, stop

    def deliver(self, limit: int) -> tuple[int, int, Pause]:
        done, trapped, stop = self._run(limit, deliver=True)
        assert not isinstance(stop, Trap)
        return done, trapped, stop

    def _run(self, limit: int, deliver: bool) -> tuple[int, int, Stop]:
        """Up to `limit` steps: how many there were, how many of them trapped, and why it stopped."""
        self.done = self.trapped = 0
        if self.machine.halted:
            return 0, 0, Pause.HALT
        while self.done < limit:
            if self.done and (self.machine.attentive or (self.machine.breaking and self.machine.at_breakpoint())):
                break
            code, stop = self.enter_native(limit if limit <= SLICE else min(limit, self.done + self.slice), deliver)
            if code in _PAUSES:
                stop = _PAUSES[code]
            elif code is _TRAP:
                stop = self._trap()
            elif isinstance(stop, Trap) and deliver:
                self.enter(stop)
                self.done += 1
                self.trapped += 1
                stop = Pause.HALT if self.machine.halted else None
            elif stop in HAPPENED:
                self.done += 1
            if stop is not None:
                return self.done, self.trapped, stop
        return self.done, self.trapped, _LIMIT

    def record(self, limit: int, deliver: bool, trace: Trace) -> tuple[int, int, Stop]:
        self.done = self.trapped = 0
        if self.machine.halted:
            return 0, 0, Pause.HALT
        self.begin()
        try:
            code = traced_code(self.isa).run(self.machine, self.frame, min(limit, SLICE), deliver, trace)
        finally:
            self.translations.end()
        self.attend(code)
        ran, trapped = self.frame["ran"], self.frame["trapped"]
        if code is Code.ASK and not ran:
            return super().record(1, deliver, trace)
        return ran, trapped, self._trap() if code is Code.TRAP else _PAUSES.get(code, Pause.LIMIT)

    def enter_native(self, until: int, deliver: bool) -> tuple[Code, Stop | None]:
        """Run native code up to so many steps of the present run, and see to what it met: code that became hot, code
        that was overwritten. Why it returned, and what came of the step that it left to Python."""
        first, timed = self.done, self.code.rough
        began = perf_counter() if timed else 0.0
        self.begin()
        try:
            code, stop = self._converse(until, deliver)
        finally:
            self.translations.end()
        self._took(self.done - first)
        if timed:
            self.code.ran(self.done - first, perf_counter() - began)
        self.attend(code)
        return code, stop

    def _converse(self, until: int, deliver: bool) -> tuple[Code, Stop | None]:
        """Run native code and answer its questions, as long as nothing comes of them and others need not wait."""
        fields, address, execute = self.frame.fields, self.frame.address, self.code.execute
        for _ in range(QUESTIONS):
            code = execute(address, until - self.done, deliver)
            self.done += fields[_RAN]
            self.trapped += fields[_TRAPPED]
            if code != _ASK:
                return CODES[code], None
            stop = self.single()
            if stop is not None and (stop is not _ASKED or self.machine.disturbed):
                return _ASK, stop
            self.done += 1
            if self.done >= until or self.machine.breaking or self.machine.attentive:
                break
        return Code.LIMIT, None

    # ---- under another machine: see `isa.engines.native.layers.Level`

    def level(self) -> object | None:
        return self

    def begin(self) -> None:
        """Before native code. While a region is being made no other is asked for: to tell Python means to wait for its
        lock, and what is hot will still be hot afterwards."""
        machine, fields, options, stops = self.machine, self.frame.fields, self.options, self._stops
        fields[_HEAT] = options.hot if options.regions and not self.translations.busy else 0
        fields[_ATTENTIVE] = machine.attentive
        self.frame.look(machine.watched, machine.deadline is not None)
        if (stops.there or machine.breaking) and stops.look(machine):
            words = frozenset(self.storage.offset + place for place in stops.places)
            self.translations.avoid(self, stops.pcs, words)
        self.translations.begin()

    def bare(self, machine: Machine) -> "NativeEngine":
        return type(self)(machine, self.options)

    def answer(self, done: int) -> Stop | None:
        self.done = done
        return self.single()

    def passed(self) -> int:
        self.translations.end()
        fields = self.frame.fields
        ran, fields[_STEPS] = fields[_STEPS], 0
        self._took(ran)
        if self.code.rough:
            self.code.ran(0, ran * REGION)  # nobody knows how long they took
        return ran

    def _took(self, steps: int) -> None:
        self._since += steps
        if self.fusing is not None:
            self.fusing.took(steps)

    def finish(self, code: Code | None) -> tuple[int, Stop | None]:
        self._count(self.passed())
        self.attend(code)
        if code is not _ASK:
            return 0, None
        self.done = 0
        traffic = self.machine.ports.traffic
        stop = self.single()
        self.frame["used"] |= self.machine.ports.traffic != traffic
        ran = stop is None or stop in HAPPENED
        self._count(ran)
        return ran, stop

    def _count(self, steps: int) -> None:
        self.machine.steps += steps
        self.machine.retired += steps

    def attend(self, code: Code | None) -> None:
        """What has to be done in Python between two runs of native code."""
        frame, fields = self.frame, self.frame.fields
        if fields[_SKIPPED]:
            self.machine.skipped += frame.take_skipped()
        if fields[_REWRITTEN]:
            for word in frame.take_rewritten():
                self.storage.tell(word)
        if code is _HOT:
            self.translations.hot(frame["hot"], self._places(), self.options)
        elif self._since >= (LOOK if self.translations.unsettled else SELDOM):
            steps, self._since = self._since, 0
            self.translations.settle(self.options, steps)
        fusing = self.fusing
        if fusing is not None and fusing.due(self.options.fuse, lambda: self.translations.steps):
            with self.translations.alone() as alone:
                if alone:
                    fusing.look(lambda work: begun(work, self.options, LATER))
        if not self.translations.busy and (fusing is None or not fusing.busy):
            self.slice = LONG_SLICE
        else:
            self.slice = FIRST_SLICE if self.slice == LONG_SLICE else min(2 * self.slice, SLICE)

    def _places(self) -> Callable[[int], int | None]:
        """Where in the root the word at a pc lies, as things are; None if its fetch would trap."""
        block, cells, index_of = array("Q", self.state.block), self.storage.cells, self.steps.fetch_index
        assert index_of is not None

        def place(pc: int) -> int | None:
            block[self._pc] = pc
            if isinstance(self.steps.fetch(block, cells, self), Trap):
                return None
            index: int = index_of(block, cells, self)
            return self.storage.offset + index if index < self.size else None

        return place

    def _trap(self) -> Trap:
        """The trap that native code stopped before."""
        frame = self.frame
        return Trap(frame["cause"], frame["info"], *self.code.sites[frame["site"]])
