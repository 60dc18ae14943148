"""A machine that runs ahead: at the other host, before all of it has come (post-copy). What it touches and is not there
comes first; the rest comes behind it.

Nothing of what it does is seen outside, or kept, before it is held here as a whole. So its source can take it back
until then, and whoever is killed, one machine goes on: here with all that it did, or there from where it left.
"""

from dataclasses import replace

from isa.errors import TraplineError
from isa.machine import Exit, Reason, Storage
from monitor.host import saving
from monitor.host.capacity import Capacity
from monitor.host.contents import BLOCK, Contents
from monitor.host.definition import DiskPart
from monitor.host.disks import Held
from monitor.host.life import State
from monitor.host.living import Living
from monitor.host.migration.absent import Lacking, LackingDisk
from monitor.host.migration.taking import Fetched
from monitor.host.objects import below
from monitor.host.record import Record
from monitor.monitor import VirtualMachine

TOGETHER = 16  # objects that come behind it at once


class Ahead(Living):
    """The machine of a record, on a real machine of its own. Raises TraplineError."""

    def __init__(self, capacity: Capacity, fetched: Fetched, record: Record) -> None:
        alone = replace(capacity, storage=record.definition.storage, processors=1)
        super().__init__(alone, Contents(fetched), "reference")
        self.fetched, self.before = fetched, record
        for why in self._gather({record.name: record.in_state(State.RUNNING)}).values():
            raise TraplineError(why, "migrate it again")
        (self._one,) = self._running.values()
        self._end: Exit | None = None

    @property
    def steps(self) -> int:
        """How many it has taken here."""
        return self._one.vm.steps - self.before.point.steps

    def come(self, rate: int) -> None:
        """Have the rest come behind it: it takes `rate` steps for each object. Raises TraplineError."""
        todo, seen = [bytes.fromhex(digest) for digest in self.before.digests], set[bytes]()
        while todo:
            some, todo = todo[:TOGETHER], todo[TOGETHER:]
            seen.update(some)
            lacking = self.fetched.lacking(some)
            self.fetched.ask(lacking)
            self.go(rate * len(lacking))
            sent = [self.fetched.sent[one] for one in some if one in self.fetched.sent]
            todo += [one for one in dict.fromkeys(o for found in sent for o in below(*found)) if one not in seen]

    def go(self, steps: int) -> None:
        """Take steps, if it has any to take."""
        if self._end is None or self._end.reason is Reason.BUDGET:
            self._one.vm.exit = None
            self._end = self.monitor.run(steps, self.capacity.quantum)[self.before.name]

    def kept(self, contents: Contents) -> Record:
        """What became of it, put away where all that it came from is."""
        if self._end is None:
            self.go(0)
        self.contents = contents
        return self._after(self._one, self._end, self.real.take_dirty())

    # ---- how it is made

    def _storage(self, words: int) -> Storage:
        self.lacking = Lacking(self.isa.word, words)
        return self.lacking

    def _disk(self, digest: str, part: DiskPart) -> Held:
        return LackingDisk(self.contents, digest, part)

    def _bring(self, digest: str, vm: VirtualMachine) -> None:
        kept, storage, size = saving.bring_rest(self.contents, digest, vm), vm.storage, vm.storage.cells.itemsize
        there = self.lacking.whole[storage.offset : storage.offset + storage.size].cast("B")

        def come(number: int) -> None:
            for _, block in self.contents.blocks(kept, range(number, number + 1)):
                there[number * BLOCK : number * BLOCK + len(block)] = saving.words_of(storage, block)

        assert BLOCK % size == 0
        self.lacking.absent.all_of(storage, come)
