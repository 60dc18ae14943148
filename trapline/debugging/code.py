"""A machine's storage as a list of instructions that goes on in both directions, and as words.

Rows are what the machine would fetch now, one for each pc, wherever that lies in storage; with `placed` they are the
words of storage in order. There are always as many as were asked for: some may have no word.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from isa.assembler.disassembly import Disassembler
from isa.assembler.image import Image, Line
from isa.description import Isa
from isa.engines.reference.engine import ReferenceEngine
from isa.machine import Machine
from isa.machine.exits import Trap


class Row(NamedTuple):
    """What a machine finds at a pc. `place` is where that lies in its storage. Where nothing can be fetched, place and
    word are None and the text is empty. `label` and `line` are of the program's source."""

    pc: int
    place: int | None
    word: int | None
    text: str
    label: str
    line: Line | None


def code(machine: Machine, image: Image | None, pc: int, count: int, placed: bool = False) -> list[Row]:
    """`count` rows from a pc on, which may be negative or beyond all there are; with `placed` from a place on."""
    pcs = range(pc, pc + count)
    found = ((n, n, word) for n, word in zip(pcs, words(machine, pc, count), strict=True))
    return [_row(machine.isa, image, *one) for one in (found if placed else _fetched(machine, pcs))]


def words(machine: Machine, place: int, count: int) -> list[int | None]:
    """Storage of this machine from a place on; None for what is outside."""
    first, end = (min(max(0, n), machine.storage.size) for n in (place, place + count))
    inside = machine.storage.read(first, max(0, end - first))
    before = min(count, max(0, -place))
    return [*[None] * before, *inside, *[None] * (count - before - len(inside))]


@lru_cache(maxsize=16)
def disassembler_of(isa: Isa) -> Disassembler:
    return Disassembler(isa)


def _fetched(machine: Machine, pcs: range) -> Iterator[tuple[int, int | None, int | None]]:
    """Each pc with the place and the word that would be fetched there. The machine itself is left alone."""
    engine, block = ReferenceEngine(machine), machine.state.block[:]
    steps, cells, size = engine.steps, machine.storage.cells, machine.storage.size
    width = machine.isa.states[machine.isa.pc].width
    for pc in pcs:
        word = None
        if 0 <= pc < 1 << width:
            block[machine.pc_slot] = pc
            word = steps.fetch(block, cells, engine)
        if word is None or isinstance(word, Trap):
            yield pc, None, None
            continue
        place = None if steps.fetch_index is None else steps.fetch_index(block, cells, engine)
        yield (pc, None, None) if place is not None and place >= size else (pc, place, word)


def _row(isa: Isa, image: Image | None, pc: int, place: int | None, word: int | None) -> Row:
    labels = image.labels if image else {}
    label = labels.get(place, "") if place is not None else ""
    line = image.lines.get(place) if image and place is not None else None
    if word is None:
        return Row(pc, None, None, "", "", None)
    text = disassembler_of(isa).statement(word, pc, _seen(labels, 0 if place is None else place - pc))
    return Row(pc, place, word, text, label, line)


def _seen(labels: Mapping[int, str], ahead: int) -> Mapping[int, str]:
    """The labels by the pcs at which a program sees them whose words lie so far ahead of their pcs."""
    return {place - ahead: name for place, name in labels.items()} if ahead else labels
