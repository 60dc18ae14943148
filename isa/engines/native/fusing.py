"""Which runs of instructions get handlers of their own: those that the code of a program is made of.

They are looked for when a program has taken many steps in threaded code, and are compiled beside it. A handler depends
on no word, only on which instructions follow each other and which registers they hand on: it serves every machine of
the description in this process, and every later process.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import NamedTuple
from weakref import WeakKeyDictionary

from isa.engines.native.background import Job
from isa.engines.native.compiler import Linked
from isa.engines.native.dispatch import Dispatch
from isa.engines.native.frame import LONGEST, Tables
from isa.engines.native.fused import Part, Run, Traits, sources
from isa.engines.native.summaries import as_signed
from isa.ir.fold import const, rewriter
from isa.ir.nodes import Const, Expr, Param
from isa.machine.storage import CODE, LINE_SHIFT, Storage

BATCH = 16  # runs that are compiled in one go: regions wait meanwhile
SELDOM = 16  # a part of all steps, within which it is not asked twice how many were taken in regions
Work = Callable[[], Linked]


class Decoded(NamedTuple):
    """A word that has a record: its handler, and its operands."""

    serial: int
    traits: Traits
    operands: Mapping[str, int]


class Making(NamedTuple):
    """Runs whose handlers are under way."""

    runs: list[Run]
    job: "Job[Linked]"


class Fusing:
    """The runs of one storage: finds them, has handlers made, and lets records lead there. No thread may be in native
    code on the storage when one of its methods is called."""

    def __init__(self, root: Storage, tables: Tables, dispatch: Dispatch) -> None:
        self.lines, self.tables, self.dispatch = root.lines, tables, dispatch
        self._making: Making | None = None
        self._steps, self._next = 0, 0
        self._outside = self._looked = 0  # steps that were not taken in regions: when it was asked, and looked, last

    def took(self, steps: int) -> None:
        """So many steps more were taken by machines on this storage."""
        self._steps += steps

    def due(self, after: int, regions: Callable[[], int]) -> bool:
        """Whether it is time to look: after so many steps that were not taken in `regions`, after twice as many, and so
        on, and when handlers are made."""
        if self._making is not None:
            return self._making.job.done
        if self._steps < self._next:
            return False
        self._outside = self._steps - regions()
        missing = max(after, 2 * self._looked) - self._outside
        self._next = self._steps + (max(missing, self._steps // SELDOM) if missing > 0 else 0)
        return missing <= 0

    @property
    def busy(self) -> bool:
        """Whether handlers are being made."""
        return self._making is not None

    def look(self, begin: "Callable[[Work], Job[Linked] | None]") -> None:
        """Put in what was made, and have made what is missing."""
        if self._making is not None:
            self.dispatch.put_in(self._making.runs, self._making.job.result())
            self._making = None
        missing = [run for run, _ in self._fuse().most_common(min(BATCH, self.dispatch.room))]
        job = begin(lambda: self.dispatch.compiled(missing)) if missing else None
        self._making = None if job is None else Making(missing, job)
        self._looked = self._outside

    def _fuse(self) -> "Counter[Run]":
        """Let records lead to the handlers of their runs. Runs that have none, with how often they are there."""
        missing: Counter[Run] = Counter()
        code, seen = dict(self._decoded()), set[int]()
        for word in sorted(self._heads(code)):
            while word in code and word not in seen:
                seen.add(word)
                run = self._run(code, word)
                if run in self.dispatch.numbers:
                    self.tables.lead(word, self.dispatch.numbers[run])
                elif len(run) > 1:
                    missing[run] += 1
                word += max(1, len(run))
                if not code[word - 1].traits.straight:
                    break
        return missing

    def _heads(self, code: Mapping[int, Decoded]) -> set[int]:
        """Where code is come to: by a jump over a known distance, or by nothing that is known."""
        heads = {word for word in code if word - 1 not in code or not code[word - 1].traits.straight}
        jumps = ((w, d.traits.distance, d.operands) for w, d in code.items())
        return heads | {word + _value(far, operands) for word, far, operands in jumps if far is not None}

    def _run(self, code: Mapping[int, Decoded], word: int) -> Run:
        """The longest run that begins with a word."""
        run: list[Part] = []
        found: list[tuple[Traits, Mapping[str, int]]] = []
        while (one := code.get(word + len(run))) is not None and one.traits.fits and len(run) < LONGEST:
            found.append((one.traits, one.operands))
            run.append(Part(one.serial, sources(found)))
            if not one.traits.straight:
                break
        return tuple(run)

    def _decoded(self) -> Iterator[tuple[int, Decoded]]:
        """The words that have a record and a handler."""
        tables, handlers = self.tables, self.dispatch.plan.handlers
        words = len(tables.records) // tables.record_bytes
        lines = (line for line, entry in enumerate(bytes(self.lines)) if entry & CODE)
        for word in (w for line in lines for w in range(line << LINE_SHIFT, min(line + 1 << LINE_SHIFT, words))):
            serial = self.dispatch.begins(tables.number(word))
            if 0 < serial <= len(handlers):
                record = tables.records[word * tables.record_bytes : (word + 1) * tables.record_bytes]
                places = handlers[serial - 1].operands
                operands = {o.name: int.from_bytes(record[o.offset :][: o.bytes], "little") for o in places}
                yield word, Decoded(serial, self.dispatch.writer.traits(serial), operands)


def _value(distance: Expr, operands: Mapping[str, int]) -> int:
    """A distance in words, with its sign."""
    found = rewriter(lambda n: const(n.width, operands[n.name]) if isinstance(n, Param) else None)(distance)
    assert isinstance(found, Const)
    return as_signed(found)


_MAKING = Lock()
_FUSING: "WeakKeyDictionary[Tables, Fusing]" = WeakKeyDictionary()


def fusing_of(root: Storage, tables: Tables, dispatch: Dispatch) -> Fusing:
    """The runs of a storage, whoever runs on it."""
    with _MAKING:
        if tables not in _FUSING:
            _FUSING[tables] = Fusing(root, tables, dispatch)
        return _FUSING[tables]
