"""The desktop of `guests/desk.s` as tests use it: what is done at it at which step, and what is to be read there."""

from collections.abc import Mapping, Sequence
from functools import cache

from guests import catalogue
from isa.assembler import Image
from isa.assembler.assembled import assembled
from isa.devices import standard
from isa.devices.arrivals import Arrivals
from isa.devices.keys import Keys, split
from isa.devices.screen import Picture, Screen
from isa.engines.choice import bare
from isa.machine import Exit, Machine, Reason, Storage
from isa.machines.catalogue import find
from monitor.monitor import tower
from monitor.screens.words import events
from monitor.techniques.catalogue import TECHNIQUES

WORDS = 24576
BOOT, PACE = 300_000, 100_000  # steps before the first event, and from each to the next
COLUMNS, LINES = 24, 9  # of the terminal
AT = 12, 18  # its first pixel, where it is at first


@cache
def desk(*mistakes: str) -> Image:
    definitions = dict.fromkeys(mistakes, 1)
    file = catalogue.find("desk").file
    return assembled(find("g3"), file, catalogue.DIRECTORY, catalogue.LIBRARY, definitions)


class Desk:
    """A desktop, at which this is done in words, an event at a time."""

    def __init__(
        self, words: Sequence[str], image: Image, engine: str = "native", monitors: Sequence[str] = ()
    ) -> None:
        isa = find("g3")
        known = [(BOOT + PACE * at, event) for at, event in enumerate(split(events(words)))]
        self.until = BOOT + PACE * (len(known) + 2)
        self.screen, self.keys = Screen(isa.word), Keys(Arrivals(known))
        ports = standard(isa, others=(self.screen, self.keys))
        self.machine: Machine = (
            tower(isa, WORDS, [TECHNIQUES[name] for name in monitors], ports, 0, engine)
            if monitors
            else bare(isa, Storage(isa.word, WORDS), ports, engine=engine)
        )
        self.machine.load(image)

    def run(self, steps: int = 0) -> Exit:
        return self.machine.run(steps or self.until - self.machine.steps)

    def settle(self) -> None:
        """Run on until nothing is left to be drawn."""
        self.run(3_000_000)
        self.machine.break_places = {desk().symbols["asleep"]}
        assert self.run(1_000_000).reason in (Reason.BREAKPOINT, Reason.IDLE)
        self.machine.break_places = set()

    @property
    def picture(self) -> Picture:
        found = self.screen.picture(self.machine.storage)
        assert found is not None
        return found


def seen(words: Sequence[str], *mistakes: str, engine: str = "native", monitors: Sequence[str] = ()) -> Picture:
    """What is to be seen when all of it was done."""
    one = Desk(words, desk(*mistakes), engine, monitors)
    one.run()
    return one.picture


@cache
def letters() -> Mapping[bytes, str]:
    """Letters by their pixels: whether each is ink."""
    machine = Desk((), desk()).machine
    first = desk().symbols["font"]
    found = {}
    for number in range(64):
        word = machine.storage.read(first + number, 1)[0]
        rows = [0, *(word >> shift & 31 for shift in range(25, -1, -5)), 0]
        found[b"".join(bytes([0, *(row >> bit & 1 for bit in range(4, -1, -1)), 0, 0]) for row in rows)] = chr(
            0x20 + number
        )
    return found


def read(picture: Picture, at: tuple[int, int] = AT, columns: int = COLUMNS, lines: int = LINES) -> list[str]:
    """The lines that begin at a pixel, as far as they are letters."""
    text = []
    for line in range(lines):
        cells = []
        for column in range(columns):
            x, y = at[0] + 8 * column, at[1] + 8 * line
            rows = b"".join(picture.pixels[(y + row) * picture.width + x :][:8] for row in range(8))
            cells.append(letters().get(bytes(pixel != rows[0] for pixel in rows), "?"))
        text.append("".join(cells).rstrip())
    return text
