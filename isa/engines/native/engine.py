"""The native engine: the same steps as the reference engine, in machine code.

`execute` hands a frame to native code and looks at why it came back. What native code leaves to Python (channels,
unknown values) is one step of the reference engine, on the same state. So both may take turns at any step.
"""

import ctypes
from array import array
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from isa.description import Isa
from isa.engines.native.compiler import Compiler, Linked, Tier
from isa.engines.native.frame import Code, Frame, Tables, tables_of
from isa.engines.native.module import module_source
from isa.engines.native.options import Options
from isa.engines.native.plan import Plan, plan_of
from isa.engines.native.translations import translations_of
from isa.engines.reference.engine import HAPPENED, ReferenceEngine, Stop
from isa.ir.nodes import Origin
from isa.machine.exits import Pause, Trap
from isa.machine.storage import Storage

if TYPE_CHECKING:
    from isa.engines.native.layers import Level
    from isa.machine.machine import Machine

Execute = Callable[[int, int, int], int]
SYMBOLS = ("execute", "touch", "claim", "single", "enter")
USUAL = Options()
SLICE = 1 << 23  # steps after which Python looks at what was compiled meanwhile
LONG_SLICE = 1 << 25  # as much if nothing is: where a slice ends, code is left that is not entered there again at once
_PAUSES = {Code.SPIN: Pause.SPIN, Code.HALT: Pause.HALT}


class NativeCode:
    """The compiled module of one description. `execute(frame, limit, deliver)` runs; see `isa.engines.native.loop`."""

    def __init__(self, isa: Isa) -> None:
        self.plan: Plan = plan_of(isa)
        source = lambda: module_source(isa)  # noqa: E731
        self.linked: Linked = Compiler().load(source, Tier.FULL, self.plan.digest, SYMBOLS)
        self.execute = callable_at(self.linked.address("execute"))
        self.sites: tuple[tuple[Origin, str], ...] = tuple(self.plan.sites)

    def frame(self, machine: "Machine", tables: Tables) -> Frame:
        """A frame for a machine of this description, run by `execute`."""
        frame = Frame(machine.state, machine.storage, tables, len(self.plan.hoisted))
        for name in SYMBOLS:
            frame["run" if name == "execute" else name] = self.linked.address(name)
        return frame

    def tables(self, storage: Storage) -> Tables:
        """The tables of a storage's root. Raises MachineError if another description has run there."""
        return tables_of(storage, self.plan.record_bytes, self.plan.digest)


def callable_at(address: int) -> Execute:
    """`execute`, or another function that is called in the same way, as one of Python."""
    return ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(address)


@lru_cache(maxsize=64)
def native_code(isa: Isa) -> NativeCode:
    """The native code of a description, made or loaded once."""
    return NativeCode(isa)


class NativeEngine(ReferenceEngine):
    """Runs one machine in native code. See `isa.machine.machine.Engine`."""

    def __init__(self, machine: "Machine", options: Options = USUAL) -> None:
        super().__init__(machine)
        self.options = options
        self.code = native_code(machine.isa)
        self.tables = self.code.tables(self.storage)
        self.translations = translations_of(self.isa, self.storage.root, self.tables)
        self.frame = self.code.frame(machine, self.tables)

    def execute(self, limit: int) -> tuple[int, Stop]:
        done, _, stop = self._run(limit, deliver=False)
        return done, stop

    def deliver(self, limit: int) -> tuple[int, int, Pause]:
        done, trapped, stop = self._run(limit, deliver=True)
        assert not isinstance(stop, Trap)
        return done, trapped, stop

    def _run(self, limit: int, deliver: bool) -> tuple[int, int, Stop]:
        """Up to `limit` steps: how many there were, how many of them trapped, and why it stopped."""
        if self.machine.halted:
            return 0, 0, Pause.HALT
        frame, done, trapped = self.frame, 0, 0
        while done < limit:
            code = self.enter_native(min(limit - done, self.slice), deliver)
            done += frame["ran"]
            trapped += frame["trapped"]
            if code in _PAUSES:
                return done, trapped, _PAUSES[code]
            if code is Code.TRAP:
                return done, trapped, self._trap()
            if code is Code.ASK:
                self.done = done
                stop = self.single()
                if isinstance(stop, Trap) and deliver:
                    self.enter(stop)
                    trapped += 1
                    if self.machine.halted:
                        return done + 1, trapped, Pause.HALT
                elif stop is not None:
                    return done + (stop in HAPPENED), trapped, stop
                done += 1
        return done, trapped, Pause.LIMIT

    def enter_native(self, limit: int, deliver: bool) -> Code:
        """Run native code once, and see to what it met: code that became hot, code that was overwritten."""
        self.begin()
        try:
            code = Code(self.code.execute(self.frame.address, limit, deliver))
        finally:
            self.translations.end()
        self.attend(code)
        return code

    # ---- under another machine: see `isa.engines.native.layers.Level`

    @property
    def slice(self) -> int:
        return SLICE if self.translations.busy else LONG_SLICE

    def level(self) -> "Level | None":
        return self

    def begin(self) -> None:
        """Before native code. While a region is being made no other is asked for: to tell Python means to wait for its
        lock, and what is hot will still be hot afterwards."""
        asks = self.options.regions and not self.translations.busy
        self.frame["heat"] = self.options.hot if asks else 0
        self.translations.begin()

    def finish(self, code: Code | None) -> tuple[int, Stop | None]:
        self.translations.end()
        ran, self.frame["steps"] = self.frame["steps"], 0
        self._count(ran)
        self.attend(code)
        if code is not Code.ASK:
            return 0, Pause.SPIN if code is Code.SPIN else None
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
        frame = self.frame
        if frame["rewritten"]:
            for word in frame.take_rewritten():
                self.storage.tell(word)
        if code is Code.HOT:
            self.translations.hot(frame["hot"], self._places(), self.options)
        elif self.translations.unsettled:
            self.translations.settle(self.options)

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
