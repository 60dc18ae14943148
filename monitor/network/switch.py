"""A switch: frames in at one port, out at those that `forwarding.py` says.

It learns which station is where from what comes in, and forgets what it has not seen for a while, in steps. VLANs are
numbered as IEEE 802.1Q numbers them, from 1 to 4094; a port is of one of them, and its frames have no tag, or it is a
trunk of several, and all of its frames have one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache

from monitor.network.forwarding import PARTS, Decisions, Forwarding

HEADER, TAG = 14, b"\x81\x00"
MOST_STATIONS = 4096  # that a switch remembers
AGE = 30_000_000  # steps
NUMBERED = 0xFFF  # bits of a tag that are the VLAN's number

Told = Callable[[int, int, bytes, bool, str], object]
Learned = tuple[int, bytes, str, int]  # a VLAN, a station of it, the name of its port, and when it was seen last


@cache
def _usual() -> Decisions:
    return Decisions(Forwarding())


@dataclass(slots=True)
class Port:
    """Of the VLAN `vlans[0]`, or a `trunk` of several. `rate` is how many octets may leave for each 1024 steps (0:
    any number), `burst` how many at once. One that is not `up` has no cable: nothing leaves there."""

    name: str
    vlans: tuple[int, ...] = (1,)
    trunk: bool = False
    rate: int = 0
    burst: int = 1514
    up: bool = True
    members: int = field(default=0, init=False)
    tokens: int = field(default=0, init=False)
    last: int = field(default=0, init=False)


class Switch:
    """`ports` by their number. `told`, if set, is told of every frame: the step, the port, the frame, whether it comes
    in, and why it was dropped, empty if it was not."""

    def __init__(self, ports: list[Port], age: int = AGE, forwarding: Forwarding | None = None) -> None:
        self.ports, self.age = ports, age
        self.decide = _usual() if forwarding is None else Decisions(forwarding)
        vlans = sorted({vlan for port in ports for vlan in port.vlans})
        self._numbers = {vlan: number for number, vlan in enumerate(vlans)}
        for port in ports:
            port.members = sum(1 << self._numbers[vlan] for vlan in port.vlans)
            port.tokens = port.burst << PARTS
        self._stations: dict[tuple[int, bytes], tuple[int, int]] = {}  # where, and when it was seen last
        self.told: Told | None = None

    # ---- what it has learned

    def learned(self) -> list[Learned]:
        """Which stations it has seen."""
        vlans = {number: vlan for vlan, number in self._numbers.items()}
        return [
            (vlans[number], station, self.ports[where].name, seen)
            for (number, station), (where, seen) in self._stations.items()
        ]

    def recall(self, learned: Iterable[Learned]) -> None:
        """Know what another has learned, as far as its ports are here."""
        places = {port.name: number for number, port in enumerate(self.ports)}
        for vlan, station, name, seen in learned:
            if name in places and vlan in self._numbers:
                self._stations[self._numbers[vlan], station] = places[name], seen

    # ---- frames

    def arrive(self, step: int, origin: int, frame: bytes) -> list[tuple[int, bytes]]:
        """A frame comes in: the ports at which it leaves, and what leaves there."""
        port = self.ports[origin]
        vlan, plain = self._classified(port, frame)
        number = self._numbers.get(vlan, MOST_STATIONS)
        if len(frame) < HEADER or not self.decide.accepted(port.members, number):
            self._tell(step, origin, frame, True, "too short" if len(frame) < HEADER else f"not of VLAN {vlan}")
            return []
        self._tell(step, origin, frame, True, "")
        self._learn(step, number, plain[6:12], origin)
        known, where = self._found(step, number, plain[:6])
        group = plain[0] & 1
        left = []
        for index, other in enumerate(self.ports):
            if other.up and self.decide.sent(other.members, number, index, origin, known, where, group):
                out = plain[:12] + TAG + vlan.to_bytes(2, "big") + plain[12:] if other.trunk else plain
                if self._may_leave(step, other, len(out)):
                    left.append((index, out))
                    self._tell(step, index, out, False, "")
                else:
                    self._tell(step, index, out, False, "over the rate")
        return left

    def _classified(self, port: Port, frame: bytes) -> tuple[int, bytes]:
        """The VLAN of a frame, and the frame without its tag; 0 for one that is as none of the port's are."""
        tagged = frame[12:14] == TAG and len(frame) >= HEADER + 4
        if tagged != port.trunk:
            return 0, frame
        if not tagged:
            return port.vlans[0], frame
        return int.from_bytes(frame[14:16], "big") & NUMBERED, frame[:12] + frame[16:]

    def _learn(self, step: int, number: int, station: bytes, origin: int) -> None:
        key = number, station
        if station[0] & 1 == 0 and (key in self._stations or len(self._stations) < MOST_STATIONS):
            self._stations[key] = origin, step

    def _found(self, step: int, number: int, station: bytes) -> tuple[int, int]:
        """Whether a station is known, and where it is."""
        where, seen = self._stations.get((number, station), (0, -1))
        if seen < 0:
            return 0, 0
        if not self.ports[where].up or not self.decide.fresh(seen, step, self.age):
            del self._stations[number, station]
            return 0, 0
        return 1, where

    def _may_leave(self, step: int, port: Port, size: int) -> bool:
        if not port.rate:
            return True
        port.tokens, port.last = self.decide.filled(port.tokens, port.last, step, port.rate, port.burst), step
        if not self.decide.passes(port.tokens, size):
            return False
        port.tokens = self.decide.left(port.tokens, size)
        return True

    def _tell(self, step: int, port: int, frame: bytes, inwards: bool, why: str) -> None:
        if self.told is not None:
            self.told(step, port, frame, inwards, why)
