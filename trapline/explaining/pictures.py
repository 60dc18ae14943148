"""Pictures of a machine, made of its description: what a handout or a slide shows of it.

formats     its instructions' fields, each shape once
status      its control words, bit by bit
trap        what a trap stores where, and what it loads
relocation  an address of a program, and where it lies
virtual     the same of a program in a virtual machine, which has a relocation of its own
"""

from collections.abc import Callable

from isa.description import Isa, Place, Role
from isa.ir.nodes import Const, Load, Param, Read, Store, Write, nodes
from trapline.drawing.svg import LETTER, LINE, Picture
from trapline.explaining.diagram import boxes

ROOM, BOX = 14, 26  # pixels: around all, and the height of a box
WIDE = 560  # pixels of a word, or of storage
Parts = list[tuple[float, float, str]]  # from where to where, and what is there


def formats(isa: Isa) -> Picture:
    """A row for each way in which an instruction is cut into fields: who has it, and the fields."""
    shapes: dict[tuple[tuple[int, int, str], ...], list[str]] = {}
    for name, instruction in isa.instructions.items():
        shape = tuple((box.low, box.width, box.text if box.operand else "") for box in boxes(instruction, isa.word))
        shapes.setdefault(shape, []).append(name)
    left = ROOM + LETTER * 26
    picture = _picture(f"{isa.name}: the fields of its instructions", left, 2 * len(shapes))
    bit = WIDE / isa.word
    for row, (shape, names) in enumerate(shapes.items()):
        y = ROOM + LINE * 1.5 + row * 2 * LINE
        picture.text(ROOM, y + 17, _some(names))
        for low, width, operand in shape:
            x = left + (isa.word - low - width) * bit
            _box(picture, x, y, width * bit, operand, f"bits {low + width - 1} to {low}")
    return picture


def _some(names: list[str]) -> str:
    """A few of them, and how many there are."""
    shown = " ".join(names[:4])
    return f"{shown[:20]}..." if len(names) > 4 or len(shown) > 23 else shown


def status(isa: Isa) -> Picture:
    """Each control word with what its bits are for; how wide a field is drawn says nothing."""
    words = isa.roles[Role.CONTROL]
    picture = _picture(f"{isa.name}: its status", ROOM + LETTER * 12, 2.8 * len(words))
    for row, word in enumerate(words):
        x, y = ROOM + LETTER * 12, ROOM + LINE * 1.5 + row * 2.8 * LINE
        picture.text(ROOM, y + 17, word.state)
        for low, width, text in _bits(isa, word):
            numbers = f"{low + width - 1}..{low}" if width > 1 else str(low)
            wide = LETTER * (max(len(text), len(numbers)) + 3)
            _box(picture, x, y, wide, text, f"bits {numbers}")
            picture.text(x + wide / 2, y + BOX + 14, numbers, "faint", "middle")
            x += wide
    return picture


def _bits(isa: Isa, word: Place) -> list[tuple[int, int, str]]:
    """The fields of a control word from the highest on: the lowest bit, how many, and which role they have."""
    named = [
        (p.low, p.width, role.value) for role, places in isa.roles.items() for p in places if p.state == word.state
    ]
    found, top = [], word.width
    for low, width, text in [*sorted((n for n in named if n[2] != Role.CONTROL.value), reverse=True), (0, 0, "")]:
        if low + width < top:
            found.append((low + width, top - low - width, "ordinary"))
        if width:
            found.append((low, width, text))
        top = low
    return found


def trap(isa: Isa) -> Picture:
    """The words of storage that a trap has to do with, in their order."""
    stored, loaded = _stored(isa), _loaded(isa)
    rows = sorted({*stored, *loaded})
    picture = _picture(f"{isa.name}: a trap", ROOM, 1.45 * len(rows) + 0.5)
    middle = ROOM + 190
    for row, word in enumerate(rows):
        y = ROOM + LINE * 1.6 + row * BOX
        picture.text(middle - 44, y + 17, str(word), "faint", "end")
        says = stored[word] if word in stored else f"the handler's {loaded[word]}"
        _box(picture, middle - 36, y, 180, "", f"word {word}")
        picture.text(middle - 26, y + 17, says)
        if word in stored:
            _arrow(picture, ROOM + 90, middle - 66, y + 13)
            picture.text(ROOM + 84, y + 17, stored[word].removeprefix("the old "), anchor="end")
        else:
            _arrow(picture, middle + 152, middle + 206, y + 13)
            picture.text(middle + 214, y + 17, loaded[word])
    return picture


def _stored(isa: Isa) -> dict[int, str]:
    """What a trap puts where: something old of the machine's, or of its own."""
    found = {}
    for effect in isa.entry.effects:
        if isinstance(effect, Store) and isinstance(effect.index, Const):
            parts = list(nodes(effect.value))
            old = [f"the old {node.state}" for node in parts if isinstance(node, Read)]
            found[effect.index.value] = " ".join(old or [node.name for node in parts if isinstance(node, Param)])
    return found


def _loaded(isa: Isa) -> dict[int, str]:
    """What a trap loads from where."""
    writes = [effect for effect in isa.entry.effects if isinstance(effect, Write)]
    places = [(node, effect) for effect in writes for node in nodes(effect.value) if isinstance(node, Load)]
    return {node.index.value: effect.state for node, effect in places if isinstance(node.index, Const)}


def relocation(isa: Isa) -> Picture:
    """A program's addresses beside those of storage."""
    base, bound = (isa.roles[role][0].state for role in (Role.BASE, Role.BOUND))
    picture = _picture(f"{isa.name}: where an address of a program lies", ROOM, 8)
    _bar(picture, "storage", 2.2, 0, WIDE, [(150, 330, "the program's window")])
    _bar(picture, "its program", 5.2, 150, 180, [])
    for x, text in ((150, base), (330, f"{base} + {bound}")):
        picture.line(ROOM + 90 + x, ROOM + LINE * 1.9, ROOM + 90 + x, ROOM + LINE * 7)
        picture.text(ROOM + 90 + x, ROOM + LINE * 1.7, text, "strong", "middle")
    for x, text in ((150, "0"), (330, bound)):
        picture.text(ROOM + 90 + x + 6, ROOM + LINE * 7.4, text)
    return picture


def virtual(isa: Isa) -> Picture:
    """The same twice: a virtual machine's storage is a window of the real one, and its program's a window of that."""
    base, bound = (isa.roles[role][0].state for role in (Role.BASE, Role.BOUND))
    picture = _picture(f"{isa.name}: a program in a virtual machine", ROOM, 11)
    _bar(picture, "storage", 2.2, 0, WIDE, [(0, 90, "monitor"), (90, 420, "the guest's window")])
    _bar(picture, "guest", 5.2, 90, 330, [(200, 320, "its program's window")])
    _bar(picture, "program", 8.2, 200, 120, [])
    for x, text in ((90, "window"), (420, "window + size")):
        picture.line(ROOM + 90 + x, ROOM + LINE * 1.9, ROOM + 90 + x, ROOM + LINE * 7)
        picture.text(ROOM + 90 + x, ROOM + LINE * 1.7, text, "strong", "middle")
    for x, text in ((200, f"virtual {base}"), (320, f"+ {bound}")):
        picture.line(ROOM + 90 + x, ROOM + LINE * 4.9, ROOM + 90 + x, ROOM + LINE * 10)
        picture.text(ROOM + 90 + x + 4, ROOM + LINE * 4.7, text, "strong")
    picture.text(ROOM + 90 + 200, ROOM + LINE * 10.8, f"real {base} = window + virtual {base}")
    return picture


def _picture(title: str, left: float, rows: float) -> Picture:
    width = max(left + WIDE + 110, 2 * ROOM + LETTER * len(title))
    picture = Picture(title, width, 2 * ROOM + LINE * (rows + 1.5))
    picture.text(ROOM, ROOM + 4, title, "strong")
    return picture


def _box(picture: Picture, x: float, y: float, width: float, text: str, says: str) -> None:
    """A field. What does not fit into it is said where somebody points at it."""
    for ends in ((x, y, x + width, y), (x, y + BOX, x + width, y + BOX), (x, y, x, y + BOX)):
        picture.line(*ends)
    picture.line(x + width, y, x + width, y + BOX)
    picture.rectangle(x + 1, y + 1, max(1, width - 2), BOX - 2, "paper", f"{text}: {says}" if text else says)
    if LETTER * len(text) < width:
        picture.text(x + width / 2, y + 17, text, anchor="middle")


def _bar(picture: Picture, name: str, row: float, start: float, width: float, parts: Parts) -> None:
    """A stretch of storage, and stretches of it that have names."""
    y, left = ROOM + LINE * row, ROOM + 90
    picture.text(left - 8, y + 17, name, anchor="end")
    _box(picture, left + start, y, width, "", name)
    for first, last, text in parts:
        _box(picture, left + first, y, last - first, text, text)


def _arrow(picture: Picture, x: float, to: float, y: float) -> None:
    picture.line(x, y, to, y)
    picture.line(to - 6, y - 4, to, y)
    picture.line(to - 6, y + 4, to, y)


PICTURES: dict[str, Callable[[Isa], Picture]] = {
    "formats": formats,
    "status": status,
    "trap": trap,
    "relocation": relocation,
    "virtual": virtual,
}
