"""The screen: a picture that lies in the guest's own storage, and is a function of it at every step.

The guest sends the address of a description: which size, where the pixels are, and where the palette. Nothing is drawn
by the device, and nothing is ever due: whoever shows the screen asks for its `picture`. So a screen costs the guest
nothing, and what a description that makes no sense shows is nothing. docs/devices.md has it for the programmer of a
guest; `keys.py` is what a user does with it.
"""

from dataclasses import dataclass

from isa.devices.octets import Octets
from isa.devices.ports import Readable
from isa.devices.saved import Saved

MODE, PIXELS, PALETTE, DESCRIPTION = range(4)  # words of a description
SIZES = {1: (320, 200), 2: (640, 480)}  # by mode: columns and rows of pixels
COLOURS = 256
RED_GREEN_BLUE = bytes(  # without a palette: three bits of red, three of green, two of blue
    part for i in range(COLOURS) for part in ((i >> 5) * 255 // 7, (i >> 2 & 7) * 255 // 7, (i & 3) * 255 // 3)
)


@dataclass(frozen=True, slots=True)
class Picture:
    """`pixels` are `width * height` octets, row by row, each the number of a colour; `palette` has three octets (red,
    green, blue) for each of 256 colours."""

    width: int
    height: int
    pixels: bytes
    palette: bytes


class Screen:
    """One port, which never interrupts: send gives the address of the description, 0 turns the screen off; recv gives
    it back. `width` is of a storage word in bits, 8 at least."""

    name = "screen"
    ports = 1

    def __init__(self, width: int) -> None:
        self.description = 0
        self._most = (1 << width) - 1
        self._octets = Octets(width)

    def picture(self, storage: Readable) -> Picture | None:
        """What is to be seen now; None if the screen is off or its description makes no sense."""
        try:
            mode, pixels, palette = storage.read(self.description, DESCRIPTION)
            width, height = SIZES[mode]
            shown = self._octets.read(storage, pixels, width * height)
            colours = self._colours(storage.read(palette, COLOURS)) if palette else RED_GREEN_BLUE
        except (IndexError, KeyError):
            return None
        return Picture(width, height, shown, colours) if self.description else None

    def _colours(self, words: list[int]) -> bytes:
        """A word has red in bits 16 to 23, green in 8 to 15, blue in 0 to 7."""
        return b"".join((word & 0xFFFFFF).to_bytes(3, "big") for word in words)

    def recv(self, port: int, now: int) -> int:
        return self.description

    def steady(self, port: int) -> int:
        return self.description

    def send(self, port: int, word: int, now: int) -> None:
        self.description = word

    def told(self) -> dict[str, int]:
        return {"description": self.description}

    def deadline(self) -> None:
        return None

    def act(self, now: int, storage: object) -> bool:
        return False

    def mark(self) -> int:
        return self.description

    def rewind(self, mark: int) -> None:
        self.description = mark

    def save(self) -> dict[str, object]:
        return {"description": self.description}

    def restore(self, saved: dict[str, object]) -> None:
        self.description = Saved(self.name, saved).number("description", self._most)
