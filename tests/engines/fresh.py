"""Code that is compiled anew, so that what a test changes in the compiler takes effect, and stays nowhere."""

import ctypes
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import pytest

from isa.description import Isa
from isa.engines.native import compiler, translations
from isa.engines.native.accesses import Sheet
from isa.engines.native.engine import NativeEngine
from isa.engines.native.frame import Code
from isa.engines.native.rounds import Rounds
from isa.files.cache import VARIABLE
from monitor.native import NativeLevel

Patch = pytest.MonkeyPatch
MOST = 256  # kinds of events


def hasty(patch: Patch) -> None:
    """Native code is made in half the time, and kept nowhere: for what does not depend on how good it is."""
    patch.setenv(VARIABLE, "off")
    patch.setitem(compiler._PASSES, compiler.Tier.FULL, compiler._PASSES[compiler.Tier.QUICK])


def anew(patch: Patch, isa: Isa) -> Isa:
    """The same description as another one, of which nothing has been made. Nothing is kept of what is made now."""
    hasty(patch)
    patch.setattr(translations, "_LINKED", WeakValueDictionary())
    return replace(isa)


class Events(Counter[str]):
    """How often native code came where it seldom comes. Compiled code counts in `cells`."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = (ctypes.c_uint64 * MOST)()
        self.numbers: dict[str, int] = {}

    def bump(self, text: Any, kind: str) -> None:
        """Emit code that counts."""
        number = self.numbers.setdefault(kind, len(self.numbers))
        address = ctypes.addressof(self.cells) + 8 * number
        text.named(f"atomicrmw add ptr inttoptr (i64 {address} to ptr), i64 1 monotonic")

    def read(self) -> None:
        for kind, number in self.numbers.items():
            self[kind] = self.cells[number]


@contextmanager
def watched() -> Iterator[Events]:
    """Counts, in code that is compiled anew: ways out of regions by their labels, counted loops that ran without asking
    (`rounds`), why native code returned (names of `Code`), runs of virtual machines in native code (`level`)."""
    events = Events()
    later, let_through, attend, run = Sheet.later, Rounds._let_through, NativeEngine.attend, NativeLevel.run
    single = NativeEngine.single

    def counting(self: Sheet, hint: str, write: Any) -> str:
        def counted() -> None:
            events.bump(self, hint)
            write()

        return later(self, hint, counted)

    def through(self: Rounds, rounds: Any) -> None:
        let_through(self, rounds)
        events.bump(self.text, "rounds")

    def attended(self: NativeEngine, code: Code | None) -> None:
        if code is not Code.ASK:
            events["none" if code is None else code.name] += 1
        attend(self, code)

    def asked(self: NativeEngine) -> Any:
        events["ASK"] += 1
        return single(self)

    def levelled(self: NativeLevel, *arguments: Any) -> Any:
        events["level"] += 1
        return run(self, *arguments)

    with Patch.context() as patch:
        patch.setattr(Sheet, "later", counting)
        patch.setattr(Rounds, "_let_through", through)
        patch.setattr(NativeEngine, "attend", attended)
        patch.setattr(NativeEngine, "single", asked)
        patch.setattr(NativeLevel, "run", levelled)
        yield events
        events.read()
