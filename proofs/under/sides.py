"""Two sides of one guest: what a monitor in assembly keeps of it, and its twin, a bare machine kept at the same step.

`agrees` holds one against the other wherever the monitor is about to enter the guest: the state, the words of the
window that either has written, the words that went over the channel one by one, and what the guest printed, if nobody
else prints. `differences` says what is not the same. Devices that are due at a boundary act before the next step, and
the monitor may have seen to that already; so the twin is looked at before and after.
"""

from collections.abc import Iterable, Iterator
from zlib import crc32

from isa.devices import Console
from isa.machine import Machine, Reason
from isa.machine.storage import LINE_SHIFT
from proofs.runs.compare import Difference
from proofs.under.blocks import RECEIVED, Block

LINE = 1 << LINE_SHIFT
STORAGE = "storage["  # how the name of a guest's word begins
WORD = "word "  # and that of one that is not a guest's, before its address


class Sides:
    """`window` is where the guest's storage lies in that of `real`, the machine under it all; `alone` says that what
    the real console prints is the guest's. `agreed` is the real step at which both sides were last the same. A
    guest that is not looked at whenever it is entered is `unheard`: of the words it moved only the number is known."""

    def __init__(self, block: Block, twin: Machine, real: Machine, alone: bool) -> None:
        self.number, self.window, self.size = block.number, block.window, block.size
        self.twin, self.real, self.alone = twin, real, alone
        self._top = 1 << twin.isa.word
        self._before = self._length(real)
        self.forget()

    def forget(self) -> None:
        """Begin anew, with machines that are as they were when this was made."""
        self.agreed = self.real.steps
        self.over = self.unheard = False
        self._traffic = self._moved = self._printed = 0
        self._lines: set[int] = set(self._all())
        self.twin.storage.take_dirty()

    # ---- what the real machine wrote

    def wrote(self, lines: Iterable[int]) -> None:
        """Lines of the real storage that were written; those of the window are looked at next time."""
        first, last = self.window >> LINE_SHIFT, (self.window + self.size - 1) >> LINE_SHIFT
        self._lines.update([line for line in lines if first <= line <= last])

    def _all(self) -> range:
        return range(self.window >> LINE_SHIFT, ((self.window + self.size - 1) >> LINE_SHIFT) + 1)

    # ---- agreement

    def agrees(self, block: Block) -> bool:
        """Bring the twin to the block's step, and say whether both are the same; a difference is not forgotten."""
        self._note(block)
        if block.steps > self.real.steps:  # nobody can have done that
            return False
        if block.steps > self.twin.steps:
            end = self.twin.run(block.steps - self.twin.steps)
            if end.reason is Reason.IDLE:  # for ever; under the monitor it may do so step by step
                self.twin.spin(block.steps - self.twin.steps)
        if not self._alike(block):
            self.twin.act()
            if not self._alike(block):
                return False
        self.agreed = self.real.steps
        return True

    def whole(self, block: Block) -> bool:
        """The same, with every word of storage."""
        self._lines.update(self._all())
        return self.agrees(block)

    def _note(self, block: Block) -> None:
        """Count the word that the guest has moved since the last look, if it has."""
        if block.traffic != self._traffic:
            sign = b"<%x %x" if block.way == RECEIVED else b">%x %x"
            self._moved = crc32(sign % (block.port, block.word), self._moved)
            self._traffic = (self._traffic + 1) % self._top

    def _alike(self, block: Block) -> bool:
        twin = self.twin
        if (block.steps, block.state) != (twin.steps, twin.state.block):
            return False
        if (block.window, block.size) != (self.window, self.size):
            return False
        if twin.ports.traffic % self._top != block.traffic:
            return False
        if not self.unheard and (self._traffic, self._moved) != (block.traffic, twin.ports.fingerprint):
            return False
        return self.words_alike() and self._prints_alike()

    def words_alike(self) -> bool:
        """Whether the words are the same that either side wrote since the last time they were."""
        real, twin = self.real.storage.cells, self.twin.storage
        for line in twin.take_dirty():
            first = self.window + line * LINE
            self.wrote((first >> LINE_SHIFT, (first + LINE - 1) >> LINE_SHIFT))
        if all(real[a:b] == twin.cells[a - self.window : b - self.window] for a, b in self._ranges()):
            self._lines.clear()
            return True
        return False

    def _ranges(self) -> Iterator[tuple[int, int]]:
        """The parts of the window in the lines that were written, as real addresses."""
        for line in self._lines:
            yield max(line * LINE, self.window), min((line + 1) * LINE, self.window + self.size)

    # ---- what is printed

    def _length(self, machine: Machine) -> int:
        console = machine.ports.find(Console)
        return console.transcript.length if console else 0

    def _prints_alike(self) -> bool:
        if not self.alone:
            return True
        printed, real = self._length(self.twin), self._length(self.real) - self._before
        if printed != real:
            return False
        if printed != self._printed and self._since(self.twin, 0) != self._since(self.real, self._before):
            return False
        self._printed = printed
        return True

    def _since(self, machine: Machine, before: int) -> bytes:
        console = machine.ports.find(Console)
        return console.printed(before + self._printed) if console else b""

    # ---- differences

    def differences(self, block: Block) -> tuple[Difference, ...]:
        """All that is not the same, the monitor's side as `monitored`."""
        twin, found = self.twin, []
        if block.steps != twin.steps:
            found.append(Difference("steps", str(twin.steps), str(block.steps)))
        cells = zip(twin.state.layout.names, twin.state.block, block.state, strict=True)
        found += [Difference(name, f"{a:#x}", f"{b:#x}") for name, a, b in cells if a != b]
        if (block.window, block.size) != (self.window, self.size):
            places = (f"{self.size} words at {self.window:#x}", f"{block.size} words at {block.window:#x}")
            found.append(Difference("window", *places))
        found += self.word_differences()
        found += self._channel_differences(block)
        return tuple(found)

    def word_differences(self) -> Iterator[Difference]:
        """The words of storage that are not the same."""
        real = self.real.storage.cells[self.window : self.window + self.size]
        if real != self.twin.storage.cells:
            for i, (a, b) in enumerate(zip(self.twin.storage.cells, real, strict=True)):
                if a != b:
                    yield Difference(f"{STORAGE}{i:#x}]", f"{a:#x}", f"{b:#x}")

    def _channel_differences(self, block: Block) -> Iterator[Difference]:
        moved = self.twin.ports.traffic % self._top
        if moved != block.traffic:
            yield Difference("words moved", str(moved), str(block.traffic))
        elif not self.unheard and self._moved != self.twin.ports.fingerprint:
            way = "received from" if block.way == RECEIVED else "sent to"
            yield Difference("channel", "another word, way or port", f"{block.word:#x} {way} port {block.port}")
        if not self._prints_alike():
            texts = self._since(self.twin, 0), self._since(self.real, self._before)
            yield Difference("printed", *(repr(text)[1:] for text in texts))
