"""The table that threaded code goes on by: by the numbers in records, handlers; first those of the description's own
module, then those of runs that were made in this process (`fused.py`)."""

import ctypes
from functools import cached_property
from threading import Lock

from isa.engines.native.compiler import Compiler, Linked, Tier
from isa.engines.native.exact import Exact
from isa.engines.native.fused import Fused, Run, symbol
from isa.engines.native.plan import Plan
from isa.files import cache

ROOM = 1024  # handlers of runs
TABLE = "table"  # the symbol of what it begins with


class Dispatch:
    """A number that is not known here decodes, as 0 does. What was put in stays. `kind` tells what another writer has
    written from other code."""

    kind = ""

    def __init__(self, plan: Plan, first: int) -> None:
        self.plan, self._first, self._used = plan, first, first
        self._table = (ctypes.c_uint64 * (first + ROOM))()
        self.address = ctypes.addressof(self._table)
        self._kept: list[Linked] = []
        self._turn = Lock()
        self.numbers: dict[Run, int] = {}
        self._begins: dict[int, int] = {}

    def begin(self, linked: Linked) -> None:
        """The code that the table begins with. It may be exchanged for the same while somebody is inside."""
        with self._turn:
            self._kept.append(linked)
            begin = (ctypes.c_uint64 * self._first).from_address(linked.address(TABLE))
            for place in range(len(self._table)):
                if place < self._first or place >= self._used:
                    self._table[place] = begin[place if place < self._first else 0]

    @cached_property
    def writer(self) -> Fused:
        return Fused(Exact(self.plan))

    @property
    def room(self) -> int:
        return len(self._table) - self._used

    def begins(self, number: int) -> int:
        """The number of the handler that does only the first instruction."""
        return self._begins.get(number, number)

    def compiled(self, runs: list[Run]) -> Linked:
        """Code for runs, made or loaded. Any thread may."""
        key = cache.digest(self.plan.digest, self.kind, repr([[(*part,) for part in run] for run in runs]))
        symbols = tuple(symbol(n) for n in range(len(runs)))
        return Compiler().load(lambda: self.writer.module(runs), Tier.QUICK, key, symbols)

    def put_in(self, runs: list[Run], code: Linked) -> None:
        """Give those numbers that have none."""
        with self._turn:
            self._kept.append(code)
            for n, run in enumerate(runs):
                if run not in self.numbers and self.room:
                    self._table[self._used] = code.address(symbol(n))
                    self.numbers[run], self._begins[self._used] = self._used, run[0].serial
                    self._used += 1
