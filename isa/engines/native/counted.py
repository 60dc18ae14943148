"""The native engine, counting which words it executes: see `isa.machine.counts`.

It is the same code with a few lines more. Threaded code counts where a jump leads from and to, a region each of its
blocks, a counted loop all its rounds at once; steps that are taken exactly are counted one by one. What Python does for
native code it counts as the reference engine that counts.
"""

from collections.abc import Iterator
from functools import lru_cache

from isa.description import Isa, Role
from isa.engines.native.code import NativeCode
from isa.engines.native.convention import ZERO
from isa.engines.native.dispatch import Dispatch
from isa.engines.native.engine import USUAL as ORDINARY
from isa.engines.native.engine import NativeEngine
from isa.engines.native.exact import Body
from isa.engines.native.frame import FIELD, Code, Tables, address
from isa.engines.native.loop import Loop
from isa.engines.native.module import module_source
from isa.engines.native.options import Options
from isa.engines.native.summaries import Summary
from isa.engines.native.text import USUAL, Text, Value, number
from isa.engines.native.threaded import Threaded
from isa.engines.native.translate import Translation
from isa.engines.reference.counted import Counting
from isa.files import cache
from isa.ir.fold import either
from isa.ir.nodes import Load
from isa.machine.exits import Pause, Trap
from isa.machine.machine import Machine
from isa.machine.records import Trace


def more(text: Text, at: str, by: Value) -> None:
    """Add to a count."""
    text.store(at, text.add(text.load(at, 64), by))


class CountedThreaded(Threaded):
    def _edge(self, text: Body, ip: Value, by: int) -> None:
        offset = text.ashr(text.sub(ip, ZERO), number(64, self.shift))
        more(text, text.at(_first(text), offset), number(64, by))


class CountedLoop(Loop):
    """Counts exact steps. Those whose fetch traps are counted behind the last word."""

    def _look(self, text: Body) -> None:
        values, fetch = self.exact.values(text), self.isa.fetch
        place = text.field("size")
        if isinstance(fetch.word, Load):
            refused = values.value(either(*(trap.guard for trap in fetch.traps)))
            place = text.select(refused, place, text.zext(values.value(fetch.word.index), 64))
        text.set("counted", place)

    def _placed(self, text: Body, index: Value) -> None:
        text.set("counted", index)

    def _took(self, text: Body) -> None:
        at = text.at(text.address("counts"), text.field("counted"))
        more(text, at, number(64, 1))
        more(text, text.at(at, 1), number(64, -1))

    def _trapped(self, text: Body) -> None:
        more(text, text.at(text.address("traps"), text.field("counted")), number(64, 1))

    def _happened(self, text: Body) -> None:
        """Return where somebody listens and the mode is another one."""
        if len(self.isa.roles[Role.MODE]) != 1:
            return
        place = self.isa.the(Role.MODE)
        whole = text.load(self.exact.values(text).slot(place.state), 64)
        mode = text.and_(text.lshr(whole, number(64, place.low)), number(64, (1 << place.width) - 1))
        seen, now = text.field("moded"), text.add(mode, number(64, 1))
        deaf, same = text.is_zero(seen), text.compare("eq", seen, now)
        heard, on = text.label("heard"), text.label("on")
        text.branch(text.or_(deaf, same), on, heard, USUAL)
        text.block(heard)
        text.set("moded", now)
        self._return(text, number(64, Code.LIMIT))
        text.block(on)


class CountedTranslation(Translation):
    kind = "counted"

    def _enter(self) -> None:
        self.text.lines.append(f"  %counts = getelementptr i8, ptr {_first(self.text)}, i64 0")
        super()._enter()

    def _took(self, part: Summary, times: Value) -> None:
        self._edges(part, part.first, times)

    def _left_out(self, part: Summary, number_: int) -> None:
        self._edges(part, number_, number(64, -1))

    def _edges(self, part: Summary, first: int, times: Value) -> None:
        """Count the steps of a part of a tree from one of them on."""
        less = self.text.sub(number(64, 0), times)
        for begin, end in _runs([placed.pc for placed in part.line[first:]]):
            more(self.text, self.text.at("%counts", begin), times)
            more(self.text, self.text.at("%counts", end), less)


def _runs(pcs: list[int]) -> Iterator[tuple[int, int]]:
    """The runs of pcs that follow on each other: the first, and the one behind the last."""
    begin = pcs[0]
    for pc, following in zip(pcs, [*pcs[1:], None], strict=True):
        if following != pc + 1:
            yield begin, pc + 1
            begin = following or 0


def _first(text: Text) -> str:
    """The count of the word at pc 0: it lies in the counts as the entry of that word in the entries."""
    field = {name: text.load(text.at("%frame", FIELD[name]), 64) for name in ("place", "entries", "counts")}
    at = text.add(field["counts"], text.sub(field["place"], field["entries"]))
    return text.named(f"inttoptr {at.typed} to ptr")


class CountedCode(NativeCode):
    def source(self) -> str:
        return module_source(self.plan.isa, CountedThreaded, CountedLoop)

    @property
    def key(self) -> str:
        return cache.digest(self.plan.digest, CountedTranslation.kind)

    def dispatched(self, tables: Tables) -> Dispatch | None:
        return self.dispatch


@lru_cache(maxsize=64)
def counted_code(isa: Isa) -> CountedCode:
    """The native code of a description that counts, made or loaded once."""
    return CountedCode(isa)


class CountedNative(Counting, NativeEngine):
    """Runs one machine in native code that counts. Nobody else runs natively on its storage without counting."""

    fuses = False

    def __init__(self, machine: Machine, options: Options = ORDINARY) -> None:
        super().__init__(machine, options)
        self.translations.translation = CountedTranslation
        for field, counts in (("counts", self.counts.steps), ("traps", self.counts.traps)):
            self.frame[field] = address(counts) + 8 * self.storage.offset

    def begin(self) -> None:
        super().begin()
        self.frame["moded"] = 0 if self.counts.listener is None else self._mode() + 1

    def attend(self, code: Code | None) -> None:
        super().attend(code)
        self.tell(self.machine.steps + self.done)

    def _mode(self) -> int:
        place = self.isa.the(Role.MODE)
        slot = self.state.layout.slots[place.state].first
        return self.state.block[slot] >> place.low & (1 << place.width) - 1

    @staticmethod
    def native(isa: Isa) -> NativeCode:
        return counted_code(isa)

    def record(self, limit: int, deliver: bool, trace: Trace) -> tuple[int, int, Trap | Pause]:
        """Steps that are recorded are counted as well, and so taken in Python."""
        return super(NativeEngine, self).record(limit, deliver, trace)
