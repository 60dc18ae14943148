"""Octets in words of storage, as what a network or a screen has: as many as fit a word, the first in its highest bits,
so that a number of a protocol's header is a number in the word."""

import sys
from array import array

from isa.devices.ports import DeviceStorage, Readable

FORMATS = {array(code).itemsize: code for code in "BHIQ"}  # of words that are whole octets


class Octets:
    """A view of words of `width` bits."""

    def __init__(self, width: int) -> None:
        self.each = width // 8  # octets in a word
        self._whole = "" if width % 8 else FORMATS.get(self.each, "")

    def words(self, octets: int) -> int:
        """How many words so many octets take."""
        return -(-octets // self.each)

    def read(self, storage: Readable, address: int, count: int) -> bytes:
        """`count` octets from the first of a word on. Raises IndexError outside of storage."""
        words = storage.read(address, self.words(count))
        if self._whole:  # a picture has many
            packed = array(self._whole, words)
            if sys.byteorder == "little":
                packed.byteswap()
            return packed.tobytes()[:count]
        low = 8 * self.each
        return b"".join((word & (1 << low) - 1).to_bytes(self.each, "big") for word in words)[:count]

    def write(self, storage: DeviceStorage, address: int, octets: bytes) -> None:
        """Put octets from the first of a word on; what is left of the last word becomes zero."""
        whole = octets + bytes(-len(octets) % self.each)
        step = self.each
        storage.write(address, [int.from_bytes(whole[i : i + step], "big") for i in range(0, len(whole), step)])
