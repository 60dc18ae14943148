"""The second pass: what waited becomes words, and words become the segments of an image."""

from collections.abc import Iterator
from itertools import pairwise

from isa.assembler.expressions import evaluate
from isa.assembler.image import Image, Segment
from isa.assembler.layout import Layout
from isa.assembler.program import Item, Report, Stretch
from isa.assembler.tokens import Fault, Poisoned
from isa.assembler.words import Words
from isa.encoding import encoding_digest


class Emission:
    """The state of the second pass over a finished layout."""

    def __init__(self, layout: Layout, report: Report) -> None:
        self.layout, self.report = layout, report
        self.isa = layout.syntax.isa
        self._words = Words(self.isa.word)

    def image(self) -> Image:
        """The program. Raises SourceError with everything that is wrong in it."""
        for item in self.layout.waiting:
            self._item(item)
        entry, symbols = self._entry(), self._symbols()
        self._overlaps()
        self.report.raise_if_any()
        names = tuple(sorted(self.layout.used))
        return Image(
            machine=self.isa.name,
            word=self.isa.word,
            names=names,
            digest=encoding_digest(self.isa, names),
            segments=tuple(_segments(self.layout.stretches)),
            entry=entry,
            symbols=symbols,
            constants=frozenset(n for n, s in self.layout.symbols.table.items() if not s.is_label),
            lines=self.layout.lines,
            code=self.layout.code.ordered(),
            replaced={address: stretch.words[0] for address, stretch in sorted(self.layout.replaced.items())},
        )

    def _item(self, item: Item) -> None:
        words = self._words.of(item.content, item.place.address, self.layout.symbols.scope(item.place))
        offset = item.place.address - item.stretch.address
        item.stretch.words[offset : offset + item.size] = words
        faults, self._words.faults = self._words.faults, []
        for fault in faults:
            self.report.add(item.place.sequence, fault.within(item.context.notes))

    def _entry(self) -> int:
        layout = self.layout
        start = layout.symbols.table.get("start")
        if layout.entry is None:
            first = next((s.address for s in layout.stretches if s.words), 0)
            return start.value if start is not None and start.is_label and start.value is not None else first
        try:
            value = evaluate(layout.entry, layout.symbols.scope(layout.entry_place)).number
            width = self.isa.states[self.isa.pc].width
            if not 0 <= value < 1 << width:
                raise Fault(layout.entry.span, f"{value} is not an address", f"the pc has {width} bits")
            return value
        except Fault as fault:
            self.report.add(layout.entry_place.sequence, fault.diagnostic)
        except Poisoned:
            pass
        return 0

    def _symbols(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for name, symbol in self.layout.symbols.table.items():
            sequence = symbol.definition[1].sequence if symbol.definition else 0
            try:
                place = self.layout.here()
                found[name] = self.layout.symbols.look_up(symbol.token, place)
            except Fault as fault:
                self.report.add(sequence, fault.diagnostic)
            except Poisoned:
                pass
        return found

    def _overlaps(self) -> None:
        """Two statements at one address are an error at the one that comes later in the source."""
        stretches = sorted(self.layout.stretches, key=lambda s: s.address)
        if all(low.end <= high.address for low, high in pairwise(stretches)):
            return
        ordered = sorted((t for s in self.layout.stretches for t in s.taken()), key=lambda t: t.address)
        for low, high in pairwise(ordered):
            if low.address + low.size > high.address:
                first, second = sorted((low, high), key=lambda t: t.sequence)
                message = f"address {max(first.address, second.address):#x} is already taken"
                note = (first.span, f"by the words from {first.address:#x} on")
                fault = Fault(second.span, message, "move one of them with `.org`", (note,))
                self.report.add(second.sequence, fault.within(second.notes))


def _segments(stretches: list[Stretch]) -> Iterator[Segment]:
    """Words at successive addresses joined, in order of address."""
    run = Stretch(0)
    for stretch in sorted(stretches, key=lambda s: s.address):
        if run.words and stretch.address == run.end:
            run.words += stretch.words
            continue
        if run.words:
            yield Segment(run.address, tuple(run.words))
        run = stretch
    if run.words:
        yield Segment(run.address, tuple(run.words))
