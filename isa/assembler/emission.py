"""The second pass: every item becomes its words, and words become the segments of an image."""

from collections.abc import Iterator
from itertools import pairwise

from isa.assembler.expressions import Expression, evaluate
from isa.assembler.fitting import fit, fit_word
from isa.assembler.image import Image, Line, Segment, printable
from isa.assembler.layout import Layout
from isa.assembler.program import Characters, Code, Data, Item, Report, Room, Whole
from isa.assembler.syntax import Argument
from isa.assembler.tokens import Fault, Poisoned
from isa.encoding import encoding_digest


class Emission:
    """The state of the second pass over a finished layout."""

    def __init__(self, layout: Layout, report: Report) -> None:
        self.layout, self.report = layout, report
        self.isa = layout.syntax.isa
        self.used: set[str] = set()

    def image(self) -> Image:
        """The program. Raises SourceError with everything that is wrong in it."""
        words = [self._item(item) for item in self.layout.items]
        entry, symbols = self._entry(), self._symbols()
        self._overlaps()
        self.report.raise_if_any()
        names = tuple(sorted(self.used))
        return Image(
            machine=self.isa.name,
            word=self.isa.word,
            names=names,
            digest=encoding_digest(self.isa, names),
            segments=tuple(_segments(self.layout.items, words)),
            entry=entry,
            symbols=symbols,
            constants=frozenset(n for n, s in self.layout.symbols.table.items() if not s.is_label),
            lines=_lines(self.layout.items),
        )

    def _item(self, item: Item) -> list[int]:
        match item.content:
            case Characters(values):
                return list(values)
            case Data(values):
                return [self._word(item, value) for value in values]
            case Room(count, value):
                return [self._word(item, value) if value else 0] * count
            case Code(instruction, arguments):
                self.used.add(instruction.name)
                return [instruction.match | sum(self._argument(item, a) for a in arguments)]
            case Whole(value, width):
                self._fitted(item, value, width)
                return []

    def _word(self, item: Item, expression: Expression) -> int:
        return self._fitted(item, expression, self.isa.word)

    def _fitted(self, item: Item, expression: Expression, width: int) -> int:
        try:
            value = evaluate(expression, self.layout.symbols.scope(item.place))
            return fit_word(value, width, expression.span)
        except Fault as fault:
            self._add(item, fault)
        except Poisoned:
            pass
        return 0

    def _argument(self, item: Item, argument: Argument) -> int:
        if isinstance(argument.given, int):
            return argument.use.deposit(argument.given)
        try:
            value = evaluate(argument.given, self.layout.symbols.scope(item.place))
            return argument.use.deposit(fit(argument.use, value, item.place.address, argument.span))
        except Fault as fault:
            self._add(item, fault)
        except Poisoned:
            pass
        return 0

    def _add(self, item: Item, fault: Fault) -> None:
        self.report.add(item.place.sequence, fault.within(item.context.notes))

    def _entry(self) -> int:
        layout = self.layout
        start = layout.symbols.table.get("start")
        if layout.entry is None:
            first = next((i.place.address for i in layout.items if i.size), 0)
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
        """Two items at one address are an error at the one that comes later in the source."""
        ordered = sorted((i for i in self.layout.items if i.size), key=lambda i: i.place.address)
        for low, high in pairwise(ordered):
            if low.place.address + low.size > high.place.address:
                first, second = sorted((low, high), key=lambda i: i.place.sequence)
                message = f"address {max(first.place.address, second.place.address):#x} is already taken"
                note = (first.context.span, f"by the words from {first.place.address:#x} on")
                fault = Fault(second.context.span, message, "move one of them with `.org`", (note,))
                self._add(second, fault)


def _segments(items: list[Item], words: list[list[int]]) -> Iterator[Segment]:
    """Words at successive addresses joined, in order of address."""
    filled = sorted(
        ((item.place.address, found) for item, found in zip(items, words, strict=True) if found),
        key=lambda pair: pair[0],
    )
    start, run = 0, list[int]()
    for address, found in filled:
        if run and address != start + len(run):
            yield Segment(start, tuple(run))
            run = []
        if not run:
            start = address
        run += found
    if run:
        yield Segment(start, tuple(run))


def _lines(items: list[Item]) -> dict[int, Line]:
    """The line of every word; of a room, of its first word only."""
    lines: dict[int, Line] = {}
    for item in items:
        line = item.context.line
        file, text, expansion = map(printable, (line.source.name, line.text, item.context.expansion))
        found = Line(file, line.number, text, expansion)
        count = min(item.size, 1) if isinstance(item.content, Room) else item.size
        lines.update((item.place.address + offset, found) for offset in range(count))
    return lines
