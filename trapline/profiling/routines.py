"""Which routine a word of a program belongs to, as far as the program tells.

A routine begins where the program does, where a call goes, and at a label that stands as a number in a table or a trap
vector. It is called by its label, and goes on up to the next one, or to the end of its file: what comes from a file
without any is called like the file. Calls are found in the description's IR: an
instruction that puts somewhere the pc behind it.
"""

from bisect import bisect_right

from isa.assembler import Image
from isa.description import Isa
from isa.engines.native.shapes import shapes_of

DATA = ".word"  # the directive by which addresses come into tables


class Routines:
    """The routines of an image."""

    def __init__(self, isa: Isa, image: Image) -> None:
        self._image = image
        self._names = {place: image.labels[place] for place in _begins(isa, image)}
        self._places = sorted(self._names)

    def of(self, place: int) -> str:
        """The name of the routine of a place; nothing if there is none."""
        found, file = bisect_right(self._places, place), self._file(place)
        if found and self._file(self._places[found - 1]) == file:
            return self._names[self._places[found - 1]]
        return file

    def _file(self, place: int) -> str:
        line = self._image.lines.get(place)
        return line.file if line is not None else ""


def _begins(isa: Isa, image: Image) -> set[int]:
    shapes, labels = shapes_of(isa), image.labels
    found = {image.entry}
    for place, word in image.words():
        line = image.lines.get(place)
        if line is not None and DATA in line.text:
            found.add(word)
            continue
        placed = shapes.placed(place, word)
        if placed is not None and placed.back is not None:
            found.update(placed.goals)
    return {place for place in found if place in labels}
