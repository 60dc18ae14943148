"""Octets in words of storage, as what a network or a screen has: as many as fit a word, the first in its highest bits,
so that a number of a protocol's header is a number in the word."""

from isa.devices.ports import DeviceStorage


class Octets:
    """A view of words of `width` bits."""

    def __init__(self, width: int) -> None:
        self.each = width // 8  # octets in a word

    def words(self, octets: int) -> int:
        """How many words so many octets take."""
        return -(-octets // self.each)

    def read(self, storage: DeviceStorage, address: int, count: int) -> bytes:
        """`count` octets from the first of a word on. Raises IndexError outside of storage."""
        words = storage.read(address, self.words(count))
        low = 8 * self.each
        return b"".join((word & (1 << low) - 1).to_bytes(self.each, "big") for word in words)[:count]

    def write(self, storage: DeviceStorage, address: int, octets: bytes) -> None:
        """Put octets from the first of a word on; what is left of the last word becomes zero."""
        whole = octets + bytes(-len(octets) % self.each)
        step = self.each
        storage.write(address, [int.from_bytes(whole[i : i + step], "big") for i in range(0, len(whole), step)])
