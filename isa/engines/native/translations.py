"""The regions of one storage: found where code is hot, compiled beside the running guest, put in, and taken out again.

All machines whose storage has one root share them, since a region depends on its words and pcs alone. Whatever changes
here changes between two calls of native code. A region is taken out as soon as one of its words is written.
"""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock
from weakref import WeakKeyDictionary, WeakValueDictionary

from isa.description import Isa
from isa.engines.native import background
from isa.engines.native.background import Job
from isa.engines.native.compiler import Compiler, Linked, Tier
from isa.engines.native.frame import Tables
from isa.engines.native.options import Options
from isa.engines.native.regions import Region, discover
from isa.engines.native.translate import source
from isa.machine.storage import Storage

MOST = 2048  # regions of one storage; with the next one all begin anew
STUBBORN = 8  # times that a place may be rewritten before it is left to the interpreter
FULL_AFTER = 30_000_000  # steps in a region before it is compiled with all passes
NOT_AGAIN = 1 << 31  # what stands for a place where no region will be
_SYMBOL = "region"
_PLACE, _HI, _NUMBER, _STEPS = 1, 2, 3, 4  # the fields of an entry after the address of the function


@dataclass(eq=False, slots=True)
class Installed:
    """A region in place: the word of the root at which each of its pcs lies, and an entry for each of its entries."""

    region: Region
    words: dict[int, int]
    code: Linked
    tier: Tier
    entries: "list[ctypes.Array[ctypes.c_uint64]]"
    better: "Job[Linked] | None" = None

    @property
    def steps(self) -> int:
        return sum(entry[_STEPS] for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Waiting:
    region: Region
    words: dict[int, int]
    tier: Tier
    job: "Job[Linked]"


class Translations:
    """See the module.

    Several threads may be in native code on one storage, each in words of its own, while one of them settles what
    another one's machine asked for. So a region's words are marked first, by plain stores that no atomic operation of
    native code can undo, and compared afterwards: a store that comes between is either compared or reported.
    """

    def __init__(self, isa: Isa, root: Storage, tables: Tables) -> None:
        self.isa, self.tables = isa, tables
        self.cells = root.cells
        self.compiler = Compiler()
        self._running = 0  # threads in native code
        self._turn = RLock()  # machines on one storage may run in several threads
        self.installed: dict[int, Installed] = {}  # by the word of the hot place
        self._at: dict[int, set[Installed]] = {}
        self._waiting: list[Waiting] = []
        self._rewritten: dict[int, int] = {}
        self._retired: list[Installed | Linked] = []
        self.made = 0  # regions put in since the beginning, for whoever asks
        root.on_code_write(self.forget)

    def hot(self, pc: int, place: Callable[[int], int | None], options: Options) -> None:
        """Have a region made at a pc that is jumped to often. `place` gives the word of the root at which a pc lies,
        None if its fetch would trap."""
        with self._turn:
            self._hot(pc, place, options)

    def _hot(self, pc: int, place: Callable[[int], int | None], options: Options) -> None:
        here = place(pc)
        assert here is not None
        if self._rewritten.get(here, 0) >= STUBBORN:
            self.tables.entries[here] = NOT_AGAIN
            return
        places: dict[int, int | None] = {}

        def word_at(pc: int) -> int | None:
            places[pc] = place(pc)
            word = places[pc]
            return None if word is None else self.cells[word]

        def executed(pc: int) -> bool:
            word = place(pc)
            return word is not None and self.tables.decoded(word)

        region = discover(self.isa, word_at, pc, executed)
        if region is None:
            self.tables.entries[here] = NOT_AGAIN
            return
        words = {at: word for at in region.code if (word := places[at]) is not None}
        for word in words.values():
            self.tables.watch(word)
        tier = Tier.FULL if options.full or (options.full is None and self._at_hand(region)) else Tier.QUICK
        job = self._compile(region, tier, options)
        if job is None:
            self.tables.entries[here] = 0  # too much is waiting: count again
        else:
            self._waiting.append(Waiting(region, words, tier, job))
            self.settle(options)

    def settle(self, options: Options) -> None:
        """Put in what was compiled meanwhile, and have compiled again what has proved hot."""
        with self._turn:
            self._settle(options)

    def _settle(self, options: Options) -> None:
        for waiting in [w for w in self._waiting if w.job.done]:
            self._waiting.remove(waiting)
            for word in waiting.words.values():
                self.tables.mark(word)
            if all(self.cells[word] == waiting.region.code[pc].word for pc, word in waiting.words.items()):
                self._install(waiting)
            else:
                self.tables.entries[waiting.words[waiting.region.entries[0]]] = 0
        if options.full is None:
            for installed in list(self.installed.values()):
                self._improve(installed, options)
        if self._retired and not self._running:
            self._retired.clear()

    def begin(self) -> None:
        """A thread goes into native code: what it may be in must not be freed."""
        with self._turn:
            self._running += 1

    def end(self) -> None:
        """It came back."""
        with self._turn:
            self._running -= 1

    @property
    def unsettled(self) -> bool:
        """Whether something is being compiled, or may have to be."""
        return bool(self._waiting) or any(i.tier is Tier.QUICK for i in self.installed.values())

    def forget(self, word: int) -> None:
        """A word of the root was written: what was made of it is gone."""
        with self._turn:
            for installed in list(self._at.get(word, ())):
                place = installed.words[installed.region.entries[0]]
                self._rewritten[place] = self._rewritten.get(place, 0) + 1
                self._remove(installed)

    # ---- one region

    def _at_hand(self, region: Region) -> bool:
        """Whether the best code for a region need not be compiled."""
        return (region.key, Tier.FULL) in _LINKED or self.compiler.kept(Tier.FULL, region.key) is not None

    def _compile(self, region: Region, tier: Tier, options: Options) -> "Job[Linked] | None":
        def work() -> Linked:
            code = _LINKED.get((region.key, tier))
            if code is None:
                code = self.compiler.load(lambda: source(region, _SYMBOL), tier, region.key, (_SYMBOL,))
                _LINKED[region.key, tier] = code
            return code

        if options.background:
            return background.submit(work, len(region.code))
        job = Job(work)
        job.run()
        return job

    def _install(self, waiting: Waiting) -> None:
        if len(self.installed) >= MOST:
            for installed in list(self.installed.values()):
                self._remove(installed)
        region = waiting.region
        code = waiting.job.result()
        installed = Installed(region, waiting.words, code, waiting.tier, [])
        for number, pc in enumerate(region.entries):
            fields = (code.address(_SYMBOL), pc, region.hi, number, 0)
            installed.entries.append((ctypes.c_uint64 * 5)(*fields))
        for word in waiting.words.values():
            self._at.setdefault(word, set()).add(installed)
        former = self.installed.get(waiting.words[region.entries[0]])
        if former is not None:
            self._remove(former)
        self.installed[waiting.words[region.entries[0]]] = installed
        self.made += 1
        for entry, pc in zip(installed.entries, region.entries, strict=True):
            place = waiting.words[pc]
            if pc == region.entries[0] or self.tables.entries[place] < NOT_AGAIN << 1:
                self.tables.entries[place] = ctypes.addressof(entry)

    def _improve(self, installed: Installed, options: Options) -> None:
        """Compile a region with all passes once it has earned it; then let its entries lead to the new code."""
        if installed.tier is Tier.FULL:
            return
        if installed.better is None:
            if installed.steps >= FULL_AFTER:
                installed.better = self._compile(installed.region, Tier.FULL, options)
        elif installed.better.done:
            self._retired.append(installed.code)
            installed.code, installed.tier = installed.better.result(), Tier.FULL
            for entry in installed.entries:
                entry[0] = installed.code.address(_SYMBOL)

    def _remove(self, installed: Installed) -> None:
        for word in installed.words.values():
            self._at[word].discard(installed)
        for entry, pc in zip(installed.entries, installed.region.entries, strict=True):
            if self.tables.entries[installed.words[pc]] == ctypes.addressof(entry):
                self.tables.entries[installed.words[pc]] = 0
        self.installed.pop(installed.words[installed.region.entries[0]], None)
        self._retired.append(installed)


_LINKED: "WeakValueDictionary[tuple[str, Tier], Linked]" = WeakValueDictionary()  # what machines with one image share
_MAKING = RLock()
_TRANSLATIONS: "WeakKeyDictionary[Tables, Translations]" = WeakKeyDictionary()


def translations_of(isa: Isa, root: Storage, tables: Tables) -> Translations:
    """The regions of a storage, whoever runs on it."""
    with _MAKING:
        if tables not in _TRANSLATIONS:
            _TRANSLATIONS[tables] = Translations(isa, root, tables)
        return _TRANSLATIONS[tables]
