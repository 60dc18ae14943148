"""Words that a guest may ask for again and again, where native code finds them.

A guest that polls asks a device for the same word many times, and nothing comes of it. A device that can tell so
beforehand is `Steady`; its words lie in a table, and native code takes them from there, as long as the device does not
change: until it acts, or is sent something, or asked for something else. What was taken is noted, each run of equal
questions once, so that `Ports` can count it as if it had been asked.

The table is 64-bit fields: which ports have a word there (a bit each), how many notes there are, the words by port, and
then the notes: port and count, each in the fields of its own.
"""

from array import array
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

PORTS = 64  # a bit for each
MOST = 32  # notes; where there is no room for another, native code leaves the question to Python
OPEN, NOTES, WORDS = 0, 1, 2
ASKED = WORDS + PORTS  # the ports of the notes
TIMES = ASKED + MOST
_SIZE = TIMES + MOST


@runtime_checkable
class Steady(Protocol):
    """A device that knows which of its words stay."""

    def steady(self, port: int) -> int | None:
        """What `recv` gives at a port, as often as it is asked and whenever, and without changing anything, until the
        device acts or is sent something, or asked at another port; None if it may be otherwise."""
        ...


class Polls:
    """The table of one machine's ports. `address` is for native code."""

    def __init__(self) -> None:
        self.table = array("Q", bytes(8 * _SIZE))
        self.address = self.table.buffer_info()[0]
        self._known: set[int] = set()  # ports that were asked
        self._asked: dict[int, tuple[Steady, int]] = {}  # those of them whose devices are steady

    def note(self, port: int, device: object, own: int) -> None:
        """A port was asked: it may be asked again. `own` is its number at the device."""
        if port not in self._known and port < PORTS:
            self._known.add(port)
            if isinstance(device, Steady):
                self._asked[port] = device, own

    def renew(self) -> None:
        """Something may have changed: look again at the ports that were asked. The notes must have been taken."""
        ready = 0
        for port, (device, own) in self._asked.items():
            word = device.steady(own)
            if word is not None and not word >> 64:
                self.table[WORDS + port] = word
                ready |= 1 << port
        self.table[OPEN] = ready

    def take(self) -> Iterator[tuple[int, int, int]]:
        """What native code took since the last call, in order: port, word, and how often."""
        table = self.table
        for note in range(table[NOTES]):
            port = table[ASKED + note]
            yield port, table[WORDS + port], table[TIMES + note]
        table[NOTES] = 0
