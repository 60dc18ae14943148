"""The native engine: the same steps as the reference engine, in machine code.

`execute` hands a frame to native code and looks at why it came back. What native code leaves to Python (channels,
unknown values) is one step of the reference engine, on the same state. So both may take turns at any step.
"""

import ctypes
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from isa.description import Isa
from isa.engines.native.compiler import Compiler, Linked, Tier
from isa.engines.native.frame import Code, Frame, tables_of
from isa.engines.native.module import module_source
from isa.engines.native.options import Options
from isa.engines.native.plan import Plan, plan_of
from isa.engines.reference import HAPPENED, ReferenceEngine, Stop
from isa.ir import Origin
from isa.machine.exits import Pause, Trap

if TYPE_CHECKING:
    from isa.machine.machine import Machine

Execute = Callable[[int, int, int], int]
USUAL = Options()
_PAUSES = {Code.LIMIT: Pause.LIMIT, Code.SPIN: Pause.SPIN, Code.HALT: Pause.HALT}


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
        self.tables = tables_of(self.storage, self.code.plan.record_bytes)
        self.frame = Frame(self.state, self.storage, self.tables, len(self.code.plan.hoisted))
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
            code = self.code.execute(frame.address, limit - done, deliver)
            done += frame["ran"]
            trapped += frame["trapped"]
            if frame["rewritten"]:
                for word in frame.take_rewritten():
                    self.storage.tell(word)
            if code in _PAUSES:
                return done, trapped, _PAUSES[Code(code)]
            if code == Code.TRAP:
                return done, trapped, self._trap()
            if code == Code.ASK:
                self.done = done
                stop = self.single()
                if isinstance(stop, Trap) and deliver:
                    self.enter(stop)
                    trapped += 1
                elif stop is not None:
                    return done + (stop in HAPPENED), trapped, stop
                done += 1
        return done, trapped, Pause.LIMIT

    def _trap(self) -> Trap:
        """The trap that native code stopped before."""
        frame = self.frame
        return Trap(frame["cause"], frame["info"], *self.code.sites[frame["site"]])
