"""Engines that leave out guards of native code, to see what each costs. Only the bench makes them.

Such an engine is exact no longer, and not safe either: it is for programs that trap nowhere, write over no code, and
stop by themselves. Steps are still counted; without the budget nobody asks whether there are any left.
"""

from dataclasses import replace
from enum import Enum
from functools import lru_cache
from pathlib import Path

from isa.description import Isa
from isa.engines.native.accesses import Accesses
from isa.engines.native.code import NativeCode
from isa.engines.native.convention import STOP
from isa.engines.native.engine import NativeEngine
from isa.engines.native.exact import Body, Exact
from isa.engines.native.fused import Fused, FusedStep, Run
from isa.engines.native.groups import Group
from isa.engines.native.module import module_source
from isa.engines.native.operands import Step
from isa.engines.native.options import FUSE, HOT, Options
from isa.engines.native.plan import Handler
from isa.engines.native.registers import RegionValues
from isa.engines.native.rounds import LEAST, Rounds
from isa.engines.native.shapes import Room
from isa.engines.native.summaries import Summary
from isa.engines.native.text import FALSE, Value, number
from isa.engines.native.threaded import Threaded
from isa.engines.native.translate import Translation
from isa.engines.native.values import Values
from isa.files import cache
from isa.machine.machine import EngineFactory, Machine


class Guard(Enum):
    """What native code asks before it goes on."""

    BUDGET = "the budget"  # do the steps suffice, and in threaded code: does the window of the fetch?
    BOUNDS = "bounds"  # is an address inside? In threaded code: whatever else traps
    CODE = "stores into code"  # was code made of a word that is written?
    SPIN = "waits"  # does a jump come back to itself and change nothing but time? No region has such a jump


Guards = frozenset[Guard]
REGIONS = Guard.BUDGET, Guard.BOUNDS, Guard.CODE
THREADED = *REGIONS, Guard.SPIN
_TEXT = cache.digest(Path(__file__).read_bytes())


def kind(out: Guards) -> str:
    """Tells code without these guards from other code, and from what another text of this file would write."""
    return " ".join(["without", *sorted(guard.value for guard in out), _TEXT])


def translation(out: Guards) -> type[Translation]:
    """Regions without these guards."""

    class LooseAccesses(Accesses):
        def outside(self, room: Room, address: Value, span: int = 0) -> Value:
            return FALSE if Guard.BOUNDS in out else super().outside(room, address, span)

        def note(self, index: Value, away: str) -> None:
            if Guard.CODE not in out:
                super().note(index, away)

        def _note_all(self, group: Group, values: RegionValues, away: str) -> None:
            if Guard.CODE not in out:
                super()._note_all(group, values, away)

    class LooseRounds(Rounds):
        def _granted(self, wanted: Value, left: Value) -> Value:
            if Guard.BUDGET not in out:
                return super()._granted(wanted, left)
            if self.loop.rounds is None:
                self._unless(self.text.compare("ult", wanted, number(64, LEAST[self.loop.stores])))
            return wanted

        def _claim(self, group: Group, before: Value) -> None:
            if Guard.CODE not in out:
                super()._claim(group, before)

    class Loose(Translation):
        kind = kind(out)
        accesses_of = LooseAccesses
        rounds_of = LooseRounds

        def _suffice(self, tree: Summary, away: str) -> None:
            if Guard.BUDGET not in out:
                super()._suffice(tree, away)

    return Loose


def threaded(out: Guards) -> type[Threaded]:
    """The same of threaded code."""

    class Loose(Threaded):
        def careful(self, serial: int) -> str:
            return "" if Guard.CODE in out else super().careful(serial)

        def _step(self, text: Step, handler: Handler, careful: str, values: Values) -> None:
            if Guard.BOUNDS in out:
                handler = replace(handler, behaviour=replace(handler.behaviour, traps=()))
            if Guard.SPIN in out:
                handler = replace(handler, spins=False)
            super()._step(text, handler, careful, values)

        def _store(self, text: Body, index: Value, word: Value, looked: bool) -> None:
            super()._store(text, index, word, looked or Guard.CODE in out)

        def _go(
            self,
            text: Step,
            spins: bool,
            condition: Value | None,
            goal: Value | None,
            stores: bool,
            distance: Value | None,
        ) -> None:
            super()._go(text, spins, condition, goal, stores and Guard.CODE not in out, distance)

        def _next(self, text: Body, ip: Value, stop: Value = STOP) -> None:
            if Guard.BUDGET in out:
                self._dispatch(text, ip, stop)
            else:
                super()._next(text, ip, stop)

        def _until(self, text: Body, ip: Value, end: Value, last: Value) -> None:
            if Guard.BUDGET in out:
                self._dispatch(text, ip, last, end)
            else:
                super()._until(text, ip, end, last)

    return Loose


def fused(out: Guards) -> type[Fused]:
    """The same of its superinstructions."""

    class Loose(Fused, threaded(out)):  # type: ignore[misc]
        def _sufficient(self, text: FusedStep, run: Run, short: str) -> None:
            if Guard.BUDGET not in out:
                super()._sufficient(text, run, short)

    return Loose


@lru_cache(maxsize=16)
def _code(isa: Isa, out: Guards) -> NativeCode:
    class Loose(NativeCode):
        def source(self) -> str:
            return module_source(self.plan.isa, threaded(out))

        @property
        def key(self) -> str:
            return cache.digest(self.plan.digest, kind(out))

    made = Loose(isa)
    assert made.dispatch is not None
    made.dispatch.kind, made.dispatch.writer = kind(out), fused(out)(Exact(made.plan))
    return made


def regions_without(out: Guards, hot: int = HOT) -> EngineFactory:
    """An engine whose regions have not these guards; each is compiled with all passes, at once."""
    written = translation(out)

    def made(machine: Machine) -> NativeEngine:
        engine = NativeEngine(machine, Options(hot=hot, background=False, full=True))
        if out:
            engine.translations.translation = written
        return engine

    return made


def threaded_without(out: Guards, fuse: int = FUSE) -> EngineFactory:
    """An engine that runs in threaded code alone, superinstructions and all, without these guards."""

    class Loose(NativeEngine):
        @staticmethod
        def native(isa: Isa) -> NativeCode:
            return _code(isa, out)

    return lambda machine: Loose(machine, Options(regions=False, background=False, fuse=fuse))
