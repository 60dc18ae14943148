"""The native code of one description in this process: linked, and what its callers must know of it.

Whoever waits for it takes it ROUGH, if it is not kept: so it is there in a third of the time, and takes three times as
long for a step. Once it has proved of use it is compiled again, beside the guest, and takes the place of what was
there. Both are made of one text and work on the same data, so the change may be at any moment, even in the middle of a
run: from then on a frame leads to the new code, and what is left of the run goes on in the old.
"""

import ctypes
from functools import lru_cache
from threading import RLock
from weakref import WeakKeyDictionary, WeakSet

from isa.description import Isa
from isa.engines.native.background import Job, aside, workers
from isa.engines.native.compiler import Compiler, Linked, Tier
from isa.engines.native.dispatch import TABLE, Dispatch
from isa.engines.native.frame import Frame, Tables, callable_at, tables_of
from isa.engines.native.module import SIZES, TIER, module_source
from isa.engines.native.plan import Plan, plan_of
from isa.ir.nodes import Origin
from isa.machine.machine import Machine
from isa.machine.storage import Storage

SYMBOLS = ("execute", "touch", "claim", "single", "take", "enter", "skip")
REJOIN = "rejoin"  # where there is threaded code
PROVED = 0.1  # seconds that ROUGH code has cost before it is compiled again, where regions did not do the work:
REGION = 1e-9  # a step takes less than so many seconds there
_MAKING = RLock()
_DISPATCHED: "WeakKeyDictionary[Tables, Dispatch | None]" = WeakKeyDictionary()


class NativeCode:
    """The compiled module of one description. `execute(frame, limit, deliver)` runs; see `isa.engines.native.loop`."""

    def __init__(self, isa: Isa, soon: bool = False) -> None:
        self.plan: Plan = plan_of(isa)
        self.sites: tuple[tuple[Origin, str], ...] = tuple(self.plan.sites)
        self._frames: WeakSet[Frame] = WeakSet()
        self._turn = RLock()
        self._addresses: dict[str, int] = {}  # by fields of frames
        self._linked: list[Linked] = []  # what is in use, behind all that was: somebody may still be inside
        self.rough = soon and bool(workers()) and Compiler().kept(TIER, self.key) is None
        linked = self._load(Tier.ROUGH if self.rough else TIER)
        self._left = PROVED
        self.better: Job[None] | None = None
        self.record_bytes, self.hoisted, self._places = (ctypes.c_uint64 * 3).from_address(linked.address(SIZES))
        self.dispatch = Dispatch(self.plan, self._places) if self.plan.fast else None
        self._take(linked)

    def source(self) -> str:
        return module_source(self.plan.isa)

    @property
    def key(self) -> str:
        """What tells this code from other code of the same symbols."""
        return self.plan.digest

    def frame(self, machine: Machine, tables: Tables) -> Frame:
        """A frame for a machine of this description, run by `execute`."""
        frame = Frame(machine.state, machine.storage, tables, self.hoisted)
        dispatch = self.dispatched(tables)
        frame["table"] = 0 if dispatch is None else dispatch.address
        frame["polls"] = machine.ports.polls
        with self._turn:
            for name, address in self._addresses.items():
                frame[name] = address
            self._frames.add(frame)
        return frame

    def tables(self, storage: Storage) -> Tables:
        """The tables of a storage's root. Raises MachineError if another description has run there."""
        return tables_of(storage, self.record_bytes, self.plan.digest, self._places)

    def dispatched(self, tables: Tables) -> Dispatch | None:
        """The table by which this code goes on: all that run on one storage have the same."""
        with _MAKING:
            return _DISPATCHED.setdefault(tables, self.dispatch)

    def ran(self, steps: int, seconds: float) -> None:
        """So many steps were taken in so long: have ROUGH code made better if it is worth it."""
        if self.rough and self.better is None:
            self._left -= max(0, seconds - steps * REGION)
            if self._left <= 0:
                self.better = aside(self.improve)

    def improve(self) -> None:
        """Exchange ROUGH code for better. Any thread may, while others are inside."""
        self._take(self._load(TIER))
        self.rough = False

    @property
    def _symbols(self) -> tuple[str, ...]:
        """The functions that frames lead to."""
        return (*SYMBOLS, REJOIN) if self.plan.fast else SYMBOLS

    def _load(self, tier: Tier) -> Linked:
        return Compiler().load(
            self.source, tier, self.key, (*self._symbols, SIZES, *([TABLE] if self.plan.fast else []))
        )

    def _take(self, linked: Linked) -> None:
        found = {"run" if name == "execute" else name: linked.address(name) for name in self._symbols}
        with self._turn:
            for frame in self._frames:
                for name, address in found.items():
                    if frame[name] == self._addresses[name]:  # or it is a layer's
                        frame[name] = address
            if self.dispatch is not None:
                self.dispatch.begin(linked)
            self._addresses = found
            self._linked.append(linked)
            self.execute = callable_at(found["run"])


def native_code(isa: Isa, soon: bool = False) -> NativeCode:
    """The native code of a description, made or loaded once; `soon` if a program waits for it."""
    with _MAKING:
        made = _made(isa)
        if not made:
            made.append(NativeCode(isa, soon))
        return made[0]


@lru_cache(maxsize=64)
def _made(isa: Isa) -> list[NativeCode]:
    return []
