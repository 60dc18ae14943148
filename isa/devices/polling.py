"""Words that pass between a guest and its devices without Python, in a table that native code has too.

A guest that polls asks a device for the same word many times, and nothing comes of it. A device that can tell so
beforehand is `Steady`; its words lie in the table, and native code takes them from there, as long as the device does
not change: until it acts, or is sent something, or asked for something else. A device that is `Handing` also knows the
next word that it hands out, and what is steady after that. And a device that merely puts down what it is sent is
`Storing`: native code does that for it. All is noted, in order, so that `Ports` can do and count it as if the device
had been asked, before anybody looks.

The table is 64-bit fields: which ports have a word there, and which may be sent to (a bit each); how many notes there
are; the port whose word is handed out once, which ports have a word after that, and whether it is after that (0 or
`PORTS`, to be added to a port); the words by port, and those after that; and then the notes, each a port and an amount
in fields of their own. The amount is how often a word was received, or, with `SAID` added to the port, the word that
was sent.
"""

from array import array
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

PORTS = 64  # a bit for each
MOST = 256  # notes; where there is no room for another, native code leaves the step to Python
OPEN, TAKES, NOTES, ONCE, AFTER, PAGE, WORDS = range(7)
SAID = 2 * PORTS
ASKED = WORDS + SAID  # the ports of the notes
AMOUNTS = ASKED + MOST
_SIZE = AMOUNTS + MOST


@runtime_checkable
class Steady(Protocol):
    """A device that knows which of its words stay."""

    def recv(self, port: int, now: int) -> int: ...

    def steady(self, port: int) -> int | None:
        """What `recv` gives at a port, as often as it is asked and whenever, and without changing anything, until the
        device acts or is sent something that it does not merely store, or asked at another port; None if it may be
        otherwise."""
        ...


@runtime_checkable
class Handing(Steady, Protocol):
    """A steady device that also knows what it hands out next."""

    def next(self, port: int) -> int | None:
        """What `recv` gives at a port, whenever it is asked, until the device acts or is sent something that it does
        not merely store, or asked at any port for what is not steady; None if that is `steady`, or not known."""
        ...

    def then(self, asked: int, port: int) -> int | None:
        """What `steady` says of a port once the next word at `asked` was received."""
        ...


@runtime_checkable
class Storing(Protocol):
    """A device that merely puts down what it is sent: nothing that can be asked of it or becomes due depends on that,
    nor on when it was sent, and it cannot fail."""

    def stores(self, port: int) -> bool:
        """Whether that is so of a port, until somebody changes the device from outside a run."""
        ...

    def store(self, port: int, words: Sequence[int]) -> None:
        """As `send` of each of the words, in this order."""
        ...


class Polls:
    """The table of one machine's ports. `address` is for native code."""

    def __init__(self) -> None:
        self.table = array("Q", bytes(8 * _SIZE))
        self.address = self.table.buffer_info()[0]
        self._known: set[int] = set()  # ports that were asked, and with `PORTS` added those that were sent to
        self._asked: dict[int, tuple[Steady, int]] = {}  # those of them whose devices are steady
        self._hands: dict[int, tuple[Handing, int]] = {}  # those of these whose devices hand out what they know
        self._once = -1  # the port whose word is handed out once
        self._told: dict[int, tuple[Storing, int]] = {}  # and those whose devices store

    def received(self, port: int, device: object, own: int) -> None:
        """A port was asked: it may be asked again. `own` is its number at the device."""
        if port not in self._known and port < PORTS:
            self._known.add(port)
            if isinstance(device, Steady):
                self._asked[port] = device, own
            if isinstance(device, Handing):
                self._hands[port] = device, own

    def sent(self, port: int, device: object, own: int) -> None:
        """A port was sent to: it may be again."""
        if port + SAID not in self._known and port < PORTS:
            self._known.add(port + SAID)
            if isinstance(device, Storing):
                self._told[port] = device, own

    def renew(self, stores: bool) -> None:
        """Something may have changed: look again at the ports that were used. `stores`: nobody wants to hear of each
        word that is sent. The notes must have been taken."""
        ready = takes = 0
        self._once = -1
        for port, (device, own) in self._asked.items():
            word = device.steady(own)
            if word is not None and not word >> 64:
                self.table[WORDS + port] = word
                ready |= 1 << port
        if stores:
            for port, (storing, own) in self._told.items():
                takes |= storing.stores(own) << port
        self.table[OPEN], self.table[TAKES], self.table[ONCE] = ready, takes, 0
        self.table[PAGE] = 0
        for port, (handing, own) in self._hands.items():
            word = None if ready >> port & 1 else handing.next(own)
            if word is not None and not word >> 64:
                self._hand(port, handing, own, word)
                break

    def _hand(self, asked: int, device: Handing, number: int, word: int) -> None:
        """Have a word be handed out once."""
        table, after = self.table, 0
        table[WORDS + asked] = word
        for port, (other, own) in self._asked.items():
            then = device.then(number, own) if other is device else other.steady(own)
            if then is not None and not then >> 64:
                table[WORDS + PORTS + port] = then
                after |= 1 << port
        table[OPEN] |= 1 << asked
        table[ONCE], table[AFTER] = 1 << asked, after
        self._once = asked

    def take(self) -> list[tuple[int, int]]:
        """The notes since the last call, in order."""
        table, count = self.table, self.table[NOTES]
        table[NOTES] = 0
        return list(zip(table[ASKED : ASKED + count], table[AMOUNTS : AMOUNTS + count], strict=True))

    def settle(self) -> tuple[int, bytes]:
        """Have devices do what native code did for them: how many words passed since the last call, and a line of each
        as `Ports` has it in the fingerprint."""
        notes, lines = self.take(), list[bytes]()
        passed, at, end = 0, 0, len(notes)
        while at < end:
            key, amount = notes[at]
            at += 1
            if key < SAID:
                word = self.table[WORDS + key]
                if key == self._once:
                    device, own = self._hands[key]
                    device.recv(own, 0)  # whenever it is asked
                lines.append(b"<%x %x" % (key % PORTS, word) * amount)
                passed += amount
            else:
                words = [amount]
                while at < end and notes[at][0] == key:
                    words.append(notes[at][1])
                    at += 1
                storing, own = self._told[key - SAID]
                storing.store(own, words)
                lines.append(b">%x %%x" % (key - SAID) * len(words) % tuple(words))
                passed += len(words)
        return passed, b"".join(lines)
