"""The engine that nobody has to choose: the reference engine, until the program has earned the native one.

To load the native engine takes a fiftieth of a second where all of it is kept, in which the reference engine does most
small programs, and a fifth where nothing is. So loading begins when the program has taken the former already.
Where there is a second core, one engine is loaded there while the other goes on. What another machine of the process
has loaded is there at once. The change is between two steps, and nothing but speed changes with it, since all that
matters is in the machine's state and storage.
"""

from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from isa.description import Isa
from isa.engines.delegate import Delegate
from isa.errors import MachineError
from isa.machine.exits import Pause, Trap
from isa.machine.machine import Engine, EngineFactory, Machine
from isa.machine.records import Trace

if TYPE_CHECKING:
    from isa.engines.native.background import Job

EARNED = 4_000  # steps after which the first look is taken
SLICE = 2_000  # steps between two looks: a thousandth to a hundredth of a second
WORTH = 0.02  # seconds that they must have taken, with all that the reference engine makes for them, before loading
# begins: as long as it takes where all is kept
AT_FIRST, AFTERWARDS = 0.1, 0.005  # seconds to wait for it at a look: two threads of Python hinder each other, and most
# of loading is Python; what may take longer, to compile, is not, and then the reference engine goes on
LOADED: WeakKeyDictionary[Isa, set[Callable[[Isa], bool]]] = WeakKeyDictionary()  # by what has prepared it
URGENT = -1  # a program waits for its engine before it can wait for anything else that is compiled


class AutoEngine(Delegate):
    """Runs one machine with `inner`. May stop sooner than it must, with LIMIT, to change engines.

    It begins with `first`. The other is made by `native`, after `prepare` said of the description that it can be.
    """

    def __init__(self, machine: Machine, first: Engine, native: EngineFactory, prepare: Callable[[Isa], bool]) -> None:
        super().__init__(first)
        self.machine, self._native, self._prepare = machine, native, prepare
        self.settled = False  # there will be no other `inner`
        self._left = 0 if self._loaded else EARNED  # steps until the next look
        self._spent = 0.0  # seconds that steps have taken
        self._loading: Job[bool] | None = None

    def execute(self, limit: int) -> tuple[int, Trap | Pause]:
        allowed, begun = self._allowed(limit), perf_counter()  # first: this may change `inner`
        ran, why = super().execute(allowed)
        self._took(ran, begun)
        return ran, why

    def deliver(self, limit: int) -> tuple[int, int, Pause]:
        allowed, begun = self._allowed(limit), perf_counter()
        ran, trapped, why = super().deliver(allowed)
        self._took(ran, begun)
        return ran, trapped, why

    def record(self, limit: int, deliver: bool, trace: Trace) -> tuple[int, int, Trap | Pause]:
        allowed, begun = self._allowed(limit), perf_counter()
        ran, trapped, why = super().record(allowed, deliver, trace)
        self._took(ran, begun)
        return ran, trapped, why

    def _took(self, ran: int, begun: float) -> None:
        """So many steps were taken since then. One that traps counts too, or a guest that only traps would never earn
        the native engine."""
        self._left -= max(1, ran)
        self._spent += perf_counter() - begun

    def _allowed(self, limit: int) -> int:
        """How many of so many steps may run before the next look; looks now if it is time."""
        if self.settled:
            return limit
        if self._left <= 0:
            self._left = SLICE
            if self._loaded:
                self._settle()
            elif self._loading is not None or self._spent >= WORTH:
                self._look()
        return limit if self.settled else min(limit, self._left)

    def _look(self) -> None:
        """Begin to load the native engine; change to it once it is there."""
        from isa.engines.native.background import submit

        patience = AFTERWARDS
        if self._loading is None:
            prepare, isa, patience = self._prepare, self.machine.isa, AT_FIRST
            self._loading = submit(lambda: prepare(isa), URGENT)
        if self._loading is not None and self._loading.wait(patience):
            self.settled = True
            if self._loading.result():
                LOADED.setdefault(self.machine.isa, set()).add(self._prepare)
            self._settle()

    def _settle(self) -> None:
        """Have for good what is there now."""
        self.settled = True
        if self._loaded:
            with suppress(MachineError):  # of another description on the same storage
                self.inner = self._native(self.machine)

    @property
    def _loaded(self) -> bool:
        return self._prepare in LOADED.get(self.machine.isa, ())

    def level(self) -> object | None:
        """Who runs others on this machine in native code need not earn what is loaded already: this machine may take
        no step by itself."""
        if not self.settled and self._loaded:
            self._settle()
        return super().level()
