"""The regions of one storage: found where code is hot, compiled beside the running guest, put in, and taken out again.

All machines whose storage has one root share them, since a region depends on its words and pcs alone. Whatever changes
here changes between two calls of native code. A region is taken out as soon as one of its words is written.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from threading import Lock, RLock
from typing import NamedTuple, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

from isa.description import Isa
from isa.engines.native import background
from isa.engines.native.background import LATER, Job
from isa.engines.native.compiler import Compiler, Linked, Tier
from isa.engines.native.entrances import CODE, FIELDS, Entrances, Installed, Trial
from isa.engines.native.frame import Tables
from isa.engines.native.landing import NOT_AGAIN, POINTERS
from isa.engines.native.options import Options
from isa.engines.native.regions import Region, discover
from isa.engines.native.translate import Translation, source
from isa.machine.storage import Storage

Result = TypeVar("Result")
Place = Callable[[int], int | None]  # where in the root the word at a pc lies; None if its fetch would trap

MOST = 2048  # regions of one storage; with the next one all begin anew
EXTENDED = 8  # times that a region is made larger
STUBBORN = 8  # times that a place may be rewritten before it is left to the interpreter
FULL_AFTER = 30_000_000  # steps in a region before it is compiled with all passes
_SYMBOL = "region"
LOOK, APART = 16, 1 << 18  # so many regions at most are looked at each time, and each after so many steps more


class Made(NamedTuple):
    """A region that was compiled: where in the root the word at each of its pcs lies, and its code."""

    region: Region
    words: dict[int, int]
    code: Linked
    tier: Tier
    cut: bool  # whether a breakpoint keeps it small


class Waiting(NamedTuple):
    """Work under way for the word of a hot place. It comes to nothing where no region can be."""

    place: int
    job: "Job[Made | None]"


class Translations:
    """See the module.

    Several threads may be in native code on one storage, each in words of its own, while one of them settles what
    another one's machine asked for. So a region's words are marked first, by plain stores that no atomic operation of
    native code can undo, and compared afterwards: a store that comes between is either compared or reported.
    """

    def __init__(self, isa: Isa, root: Storage, tables: Tables) -> None:
        self.isa, self.tables = isa, tables
        self.translation = Translation  # what writes its regions, all in the same way
        self.cells = root.cells
        self.compiler = Compiler()
        self._running = 0  # threads in native code
        self._fence = Lock()
        self._turn = RLock()  # machines on one storage may run in several threads
        self.installed: dict[int, Installed] = {}  # by the word of the hot place
        self._young: dict[Installed, None] = {}  # those that may still change, who was looked at longest ago first
        self._at: dict[int, set[Installed]] = {}
        self._waiting: list[Waiting] = []
        self._extended: dict[int, int] = {}  # how often regions were made larger, by the word of the hot place
        self._rewritten: dict[int, int] = {}
        self._retired: list[Installed | Linked] = []
        self._steps = 0  # since the last look at a region
        self._entrances = Entrances(tables)
        self.made = 0  # regions put in since the beginning, for whoever asks
        self._avoided: WeakKeyDictionary[object, tuple[frozenset[int], frozenset[int]]] = WeakKeyDictionary()
        self._refused: set[int] = set()  # hot places where a breakpoint is in the way
        root.on_code_write(self.forget)

    def avoid(self, whose: object, pcs: frozenset[int], words: frozenset[int]) -> None:
        """No region may have these pcs or words of the root in it, as long as they are somebody's breakpoints. What was
        kept small or from being made by those before may be made anew."""
        with self._turn:
            self._avoided[whose] = pcs, words
            for installed in list(self.installed.values()):
                if installed.cut or any(self._avoids(*one) for one in installed.words.items()):
                    self._remove(installed)
            for place in self._refused:
                self.tables.entries[place] = 0
            self._refused.clear()

    def _avoids(self, pc: int, word: int) -> bool:
        return any(pc in pcs or word in words for pcs, words in list(self._avoided.values()))

    def hot(self, pc: int, place: Place, options: Options) -> None:
        """Have a region made at a pc that is jumped to often. `place` gives the word of the root at which a pc lies,
        None if its fetch would trap."""
        with self._turn:
            self._hot(pc, place, options)

    def _hot(self, pc: int, place: Place, options: Options) -> None:
        here = place(pc)
        assert here is not None
        job = None
        self.tables.entries[here] = NOT_AGAIN if self._rewritten.get(here, 0) >= STUBBORN else 0
        if not self.tables.entries[here]:
            self.tables.watch(here)
            lacking = self._lacking(pc, place)
            heads = [pc] if lacking is None else [lacking.head, pc]
            job = begun(lambda: self._made(heads, place, options), options)
            if lacking is not None and job is not None:
                self._extended[lacking.place] = self._extended.get(lacking.place, 0) + 1
        if job is not None:
            self.tables.entries[here] = NOT_AGAIN  # until it is done; if too much is waiting, count again
            self._waiting.append(Waiting(here, job))
            self._steps += LOOK * APART
            self._settle(options)

    def settle(self, options: Options, steps: int) -> None:
        """Put in what was compiled meanwhile, and have compiled again what has proved hot, `steps` after the last time:
        where many machines have short turns, to look takes no longer than they do."""
        with self._turn:
            self._steps += steps
            self._entrances.clock += steps
            self._settle(options)

    def _settle(self, options: Options) -> None:
        for waiting in [w for w in self._waiting if w.job.done]:
            self._waiting.remove(waiting)
            made = waiting.job.result()
            if made is None and any(any(stops) for stops in self._avoided.values()):
                self._refused.add(waiting.place)
            elif made is None:
                self._entrances.close(waiting.place)
            elif not self._install(made) or self.tables.entries[waiting.place] == NOT_AGAIN:
                self.tables.entries[waiting.place] = 0
        self._young.update(dict.fromkeys(self._entrances.open()))
        for installed in self._looked_at():
            self._entrances.judge(installed)
            if options.full is None:
                self._improve(installed, options)
            if not installed.open and (installed.tier is Tier.FULL or options.full is not None):
                self._young.pop(installed, None)
        if self._retired and not self._running:
            self._retired.clear()

    def _looked_at(self) -> list[Installed]:
        """Some of the young, in turn: with many machines on one storage there are many, and who settles has one."""
        most, self._steps = divmod(self._steps, APART)
        found = list(islice(self._young, min(most, LOOK)))
        for installed in found:
            self._young[installed] = self._young.pop(installed)
        return found

    @property
    def steps(self) -> int:
        """Steps taken in the regions that are in place."""
        with self._turn:
            return sum(installed.steps for installed in self.installed.values())

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Keep threads out of native code on the storage; whether none is in there."""
        with self._turn:
            yield not self._running

    def begin(self) -> None:
        """A thread goes into native code: what it may be in must not be freed."""
        with self._turn:
            self._running += 1

    def end(self) -> None:
        """It came back."""
        with self._turn:
            self._running -= 1

    @property
    def busy(self) -> bool:
        """Whether a region is being made."""
        return bool(self._waiting)

    @property
    def unsettled(self) -> bool:
        """Whether something is being compiled, or may have to be."""
        return bool(self._waiting or self._young)

    def forget(self, word: int) -> None:
        """A word of the root was written: what was made of it is gone."""
        with self._turn:
            for installed in list(self._at.get(word, ())):
                self._rewritten[installed.place] = self._rewritten.get(installed.place, 0) + 1
                self._remove(installed)

    # ---- one region

    def _lacking(self, pc: int, place: Place) -> Installed | None:
        """The region in which most steps were taken of those that are left for this pc because it had not run when they
        were made."""
        lacking = [one for one in self.installed.values() if pc in one.region.unrun and place(one.head) == one.place]
        most = max(lacking, key=lambda one: one.steps, default=None)
        return None if most is None or self._extended.get(most.place, 0) >= EXTENDED else most

    def _made(self, heads: list[int], place: Place, options: Options) -> Made | None:
        """The region that begins at one of these pcs, the first that will do, and has the last in it, compiled; None if
        there can be none. May run beside the guest: what it read of the storage is compared again before the region is
        put in."""
        places: dict[int, int] = {}
        avoided: list[int] = []

        def word_at(pc: int) -> int | None:
            word = place(pc)
            if word is None:
                return None
            if self._avoids(pc, word):
                avoided.append(pc)
                return None
            places[pc] = word
            return self.cells[word]

        def executed(pc: int) -> bool:
            word = place(pc)
            return word is not None and self.tables.decoded(word)

        found = (discover(self.isa, word_at, head, executed) for head in heads)
        region = next((region for region in found if region is not None and heads[-1] in region.code), None)
        if region is None or region.left_within(options.short):
            return None
        tier = Tier.FULL if options.full or (options.full is None and self._at_hand(region)) else Tier.QUICK
        return Made(region, {at: places[at] for at in region.code}, self._linked(region, tier), tier, bool(avoided))

    def _at_hand(self, region: Region) -> bool:
        """Whether the best code for a region need not be compiled."""
        key = self._key(region)
        return (key, Tier.FULL) in _LINKED or self.compiler.kept(Tier.FULL, key) is not None

    def _key(self, region: Region) -> str:
        return region.key + self.translation.kind

    def _linked(self, region: Region, tier: Tier) -> Linked:
        key = self._key(region)
        code = _LINKED.get((key, tier))
        if code is None:
            code = self.compiler.load(lambda: source(region, _SYMBOL, self.translation), tier, key, (_SYMBOL,))
            _LINKED[key, tier] = code
        return code

    def _install(self, made: Made) -> bool:
        """Put a region in, unless its words have changed."""
        region, words, code, tier, cut = made
        for word in words.values():
            self.tables.mark(word)
        with self._fence:  # to take a lock makes the marks seen before the words are read
            pass
        if any(self.cells[word] != region.code[pc].word or self._avoids(pc, word) for pc, word in words.items()):
            return False
        if len(self.installed) >= MOST:
            for installed in list(self.installed.values()):
                self._remove(installed)
        here = words[region.entries[0]]
        if here in self.installed:
            self._remove(self.installed[here])
        entries = []
        for number, pc in enumerate(region.entries):
            entries.append((ctypes.c_uint64 * FIELDS)(code.address(_SYMBOL), pc, region.hi, number))
        open_ = {number: Trial(0, 0) for number in range(len(entries))}
        installed = self.installed[here] = Installed(region, words, code, tier, entries, open_, cut)
        self._young[installed] = None
        for word in words.values():
            self._at.setdefault(word, set()).add(installed)
        for entry, pc in zip(entries, region.entries, strict=True):
            if words[pc] == here or self.tables.entries[words[pc]] < POINTERS:
                self.tables.entries[words[pc]] = ctypes.addressof(entry)
        self.made += 1
        return True

    def _improve(self, installed: Installed, options: Options) -> None:
        """Compile a region with all passes once it has earned it; then let its entries lead to the new code."""
        if installed.tier is Tier.FULL:
            return
        if installed.better is None:
            if self._earned(installed):
                region = installed.region
                installed.better = begun(lambda: self._linked(region, Tier.FULL), options, LATER)
        elif installed.better.done:
            self._retired.append(installed.code)
            installed.code, installed.tier = installed.better.result(), Tier.FULL
            for entry in installed.entries:
                entry[CODE] = installed.code.address(_SYMBOL)

    @staticmethod
    def _earned(installed: Installed) -> bool:
        """Whether enough steps were taken in its code, by all who share it: machines with one image earn together."""
        steps, code = installed.steps, installed.code
        _TAKEN[code] = _TAKEN.get(code, 0) + steps - installed.told
        installed.told = steps
        return _TAKEN[code] >= FULL_AFTER

    def _remove(self, installed: Installed) -> None:
        for word in installed.words.values():
            self._at[word].discard(installed)
        for entry, pc in zip(installed.entries, installed.region.entries, strict=True):
            if self.tables.entries[installed.words[pc]] == ctypes.addressof(entry):
                self.tables.entries[installed.words[pc]] = 0
        self._entrances.forget(installed)
        self._young.pop(installed, None)
        self.installed.pop(installed.place, None)
        self._retired.append(installed)


def begun(work: Callable[[], Result], options: Options, priority: int = 0) -> "Job[Result] | None":
    """Work that is done beside the guest, or at once. None if too much is waiting."""
    if options.background:
        return background.submit(work, priority)
    job = Job(work)
    job.run()
    return job


_LINKED: "WeakValueDictionary[tuple[str, Tier], Linked]" = WeakValueDictionary()  # what machines with one image share
_TAKEN: "WeakKeyDictionary[Linked, int]" = WeakKeyDictionary()  # steps in code, as far as they were looked at
_MAKING = RLock()
_TRANSLATIONS: "WeakKeyDictionary[Tables, Translations]" = WeakKeyDictionary()


def translations_of(isa: Isa, root: Storage, tables: Tables) -> Translations:
    """The regions of a storage, whoever runs on it."""
    with _MAKING:
        if tables not in _TRANSLATIONS:
            _TRANSLATIONS[tables] = Translations(isa, root, tables)
        return _TRANSLATIONS[tables]
