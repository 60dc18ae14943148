"""Entries into regions that are closed because too little is done from them, and opened again for a trial.

To go into a region and out of it costs more than a few steps there save. But what follows a place may change: a loop of
two rounds becomes one of thousands, a way that led out at once no longer does. So a word that leads into no region is
given another trial, each time after twice as many steps, which in the long run costs nothing.
"""

import ctypes
from collections.abc import Iterator
from typing import NamedTuple

from isa.classes import dataclass
from isa.engines.native.background import Job
from isa.engines.native.compiler import Linked, Tier
from isa.engines.native.frame import Tables
from isa.engines.native.landing import NOT_AGAIN
from isa.engines.native.options import SHORT
from isa.engines.native.regions import Region

VISITS = 1 << 12  # after so many, an entry from which few steps are taken each time is closed
AGAIN = 1 << 26  # steps after which it is opened again for as many
CODE, STEPS, VISITED, FIELDS = 0, 4, 5, 6  # fields of an entry, and how many; see `Landing.region`


class Trial(NamedTuple):
    """What an entry had counted when it was opened."""

    visits: int
    steps: int


@dataclass(eq=False, slots=True)
class Installed:
    """A region in place: the word of the root at which each of its pcs lies, and an entry for each of its entries."""

    region: Region
    words: dict[int, int]
    code: Linked
    tier: Tier
    entries: "list[ctypes.Array[ctypes.c_uint64]]"
    open: dict[int, Trial]  # by their numbers, entries of which it is not known yet whether they are worth it
    cut: bool = False
    better: "Job[Linked] | None" = None
    told: int = 0  # of its steps, those that its code has been told of

    @property
    def head(self) -> int:
        """The pc that was hot."""
        return self.region.entries[0]

    @property
    def place(self) -> int:
        """The word of the root where that lies."""
        return self.words[self.head]

    @property
    def steps(self) -> int:
        return sum(entry[STEPS] for entry in self.entries)


class Closed(NamedTuple):
    """A word of the root that leads into no region until `due`, and the entry that was closed there, if there was one,
    by its number in a region."""

    due: int
    word: int
    installed: Installed | None
    number: int


class Entrances:
    """Those of one storage that are closed. `clock` has the steps that were taken there, as far as anybody knows."""

    def __init__(self, tables: Tables) -> None:
        self.tables, self.clock = tables, 0
        self._closed: list[Closed] = []
        self._again: dict[int, int] = {}  # after how many steps a word is opened when it is closed next

    def judge(self, installed: Installed) -> None:
        """Close the entries from which a region is left too soon. One whose steps do for all the visits that are waited
        for stays."""
        for number, trial in list(installed.open.items()):
            entry, word = installed.entries[number], installed.words[installed.region.entries[number]]
            visits, steps = entry[VISITED] - trial.visits, entry[STEPS] - trial.steps
            if visits >= VISITS or steps >= SHORT * VISITS:
                del installed.open[number]
                if self.tables.entries[word] == ctypes.addressof(entry) and steps < SHORT * visits:
                    self.close(word, installed, number)

    def close(self, word: int, installed: Installed | None = None, number: int = 0) -> None:
        """Let a word of the root lead into no region for a while."""
        self.tables.entries[word] = NOT_AGAIN
        again = self._again.get(word, AGAIN)
        self._again[word] = 2 * again
        self._closed.append(Closed(self.clock + again, word, installed, number))

    def open(self) -> Iterator[Installed]:
        """Open again what is due: the regions of which entries are on trial."""
        due = [closed for closed in self._closed if closed.due <= self.clock]
        self._closed = [closed for closed in self._closed if closed.due > self.clock]
        for _, word, installed, number in due:
            if self.tables.entries[word] == NOT_AGAIN:
                self.tables.entries[word] = 0
                if installed is not None:
                    entry = installed.entries[number]
                    self.tables.entries[word] = ctypes.addressof(entry)
                    installed.open[number] = Trial(entry[VISITED], entry[STEPS])
                    yield installed

    def forget(self, installed: Installed) -> None:
        """A region is taken out: what is closed of it is as if nobody had been there."""
        for _, word, whose, _ in self._closed:
            if whose is installed and self.tables.entries[word] == NOT_AGAIN:
                self.tables.entries[word] = 0
        self._closed = [closed for closed in self._closed if closed.installed is not installed]
