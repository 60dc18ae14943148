"""The storage of a machine as it is kept, of which only the blocks are read that somebody looks at."""

import sys
from array import array

from isa.machine import Storage
from monitor.host.contents import BLOCK, Contents


class Stored:
    """It, to be looked at (`isa.devices.ports.Readable`), in words of so many bits. Raises TraplineError for what is
    damaged."""

    def __init__(self, contents: Contents, digest: str, word: int) -> None:
        self.contents, self.digest = contents, digest
        cells = Storage(word, 1).cells
        self._format, self._octets = cells.format, cells.itemsize  # of a word
        self.size = contents.size(digest) // self._octets

    def read(self, index: int, count: int) -> list[int]:
        """So many words from there on. Raises IndexError outside."""
        if not 0 <= index <= self.size - count:
            raise IndexError(f"{count} words at {index} are not inside of {self.size}")
        first, end = index * self._octets, (index + count) * self._octets
        start = first // BLOCK
        data = bytearray(-(-end // BLOCK) * BLOCK - start * BLOCK)
        for number, block in self.contents.blocks(self.digest, range(start, -(-end // BLOCK))):
            at = (number - start) * BLOCK
            data[at : at + len(block)] = block
        words = array(self._format, bytes(data[first - start * BLOCK : end - start * BLOCK]))
        if sys.byteorder == "big":  # they are kept the other way round
            words.byteswap()
        return words.tolist()
