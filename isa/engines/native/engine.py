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
from isa.engines.native.frame import Code, Frame, tables_of
from isa.engines.native.module import module_source
from isa.engines.native.options import Options
from isa.engines.native.plan import Plan, plan_of
from isa.engines.native.translations import translations_of
from isa.engines.reference import HAPPENED, ReferenceEngine, Stop
from isa.ir import Origin
from isa.machine.exits import Pause, Trap

if TYPE_CHECKING:
    from isa.machine.machine import Machine

Execute = Callable[[int, int, int], int]
USUAL = Options()
SLICE = 1 << 23  # steps after which Python looks at what was compiled meanwhile
_PAUSES = {Code.SPIN: Pause.SPIN, Code.HALT: Pause.HALT}


class NativeCode:
    """The compiled module of one description. `execute(frame, limit, deliver)` runs; see `isa.engines.native.loop`."""

    def __init__(self, isa: Isa) -> None:
        self.plan: Plan = plan_of(isa)
        source = lambda: module_source(isa)  # noqa: E731
        self.linked: Linked = Compiler().load(source, Tier.FULL, self.plan.digest, ("execute", "touch"))
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
        self.execute: Execute = kind(self.linked.address("execute"))
        self.touch = self.linked.address("touch")
        self.sites: tuple[tuple[Origin, str], ...] = tuple(self.plan.sites)


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
        plan = self.code.plan
        self.tables = tables_of(self.storage, plan.record_bytes, plan.digest)
        self.translations = translations_of(self.isa, self.storage.root, self.tables)
        self.frame = Frame(self.state, self.storage, self.tables, len(plan.hoisted))
        self.frame["touch"] = self.code.touch
        self.frame["heat"] = options.hot if options.regions else 0

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
            code = self.enter_native(min(limit - done, SLICE), deliver)
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
                elif stop is not None:
                    return done + (stop in HAPPENED), trapped, stop
                done += 1
        return done, trapped, Pause.LIMIT

    def enter_native(self, limit: int, deliver: bool) -> Code:
        """Run native code once, and see to what it met: code that became hot, code that was overwritten."""
        translations = self.translations
        translations.running += 1
        code = Code(self.code.execute(self.frame.address, limit, deliver))
        translations.running -= 1
        self.attend(code)
        return code

    def attend(self, code: Code) -> None:
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
