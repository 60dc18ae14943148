"""How a server is reached: by its console, where it reads lines and prints lines, or by a network, where a datagram
comes for each request, and one goes with the answer. `requests.py` asks."""

from typing import Protocol

from isa.devices import Console, Live
from isa.devices.card import Card
from isa.errors import MachineError
from monitor.network.datagram import carried, datagram, known
from monitor.virtual import Virtual

CLIENT, OURS = 2, 50_000  # the station of who asks, and his port


class Reached(Protocol):
    """`answers` is what an answer is called, in the plural."""

    answers: str

    def begin(self) -> None:
        """Make known who asks; the server runs until it waits again."""
        ...

    def feed(self, line: bytes) -> None:
        """Have a request arrive."""
        ...

    def taken(self) -> list[bytes]:
        """The answers that were given since this was asked the last time."""
        ...

    @property
    def unfinished(self) -> bool:
        """Whether a part of an answer was given."""
        ...


class ByConsole:
    """Raises MachineError for a machine that has no console to be fed."""

    answers = "lines"

    def __init__(self, machine: Virtual) -> None:
        console = machine.ports.find(Console)
        if console is None or not isinstance(console.input, Live):
            raise MachineError(f"{machine.name} has no console that can be fed", "give it one with a `Live` input")
        self.console, self.input = console, console.input
        self._seen = 0

    def begin(self) -> None:
        self._seen = self.console.transcript.length

    def feed(self, line: bytes) -> None:
        self.input.feed(line + b"\n")

    def taken(self) -> list[bytes]:
        whole, newline, _ = self.console.printed(self._seen).rpartition(b"\n")
        self._seen += len(whole + newline)
        return whole.split(b"\n") if newline else []

    @property
    def unfinished(self) -> bool:
        return self._seen != self.console.transcript.length


class ByNetwork:
    """By UDP, on a port of a machine whose card has nobody else at its other end."""

    answers = "datagrams"
    unfinished = False

    def __init__(self, card: Card, port: int) -> None:
        self.card, self.ports = card, (OURS, port)
        self._given: list[bytes] = []
        card.wire = self._left

    def _left(self, step: int, frame: bytes) -> None:
        data = carried(frame, CLIENT, OURS)
        if data is not None:
            self._given.append(data.rstrip(b"\r\n"))

    def begin(self) -> None:
        self.card.inbound.feed(known(CLIENT, self.card.station))

    def feed(self, line: bytes) -> None:
        self.card.inbound.feed(datagram(CLIENT, self.card.station, self.ports, line + b"\n"))

    def taken(self) -> list[bytes]:
        found, self._given = self._given, []
        return found
