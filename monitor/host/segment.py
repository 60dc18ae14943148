"""A network of a host: a switch, cables from the cards of machines to its ports, and frames on their way there.

Next: `wires.py`, which says when they pass.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any

from isa.devices.card import Card
from monitor.host.networks import Net, NetworkPart
from monitor.host.used import Passed
from monitor.network.switch import Switch

WAITING = 64  # frames of a machine that are on the way; more are dropped

Told = Callable[[str, int, bytes, bool, str], object]  # whose port, when, what, whether it comes in, why it is dropped
Sent = list[tuple[int, bytes]]  # steps of the host's clock, and frames


@dataclass(slots=True)
class Cable:
    """From a machine's card to its port. `sent` is on the way; in its present turn the machine is `behind` the host's
    clock by so many steps."""

    part: NetworkPart
    card: Card
    plugged: bool = False
    sent: Sent = field(default_factory=list)
    behind: int = 0
    passed: Passed = field(default_factory=Passed)
    dropped: int = 0  # by the card, of what was counted

    def plug(self) -> None:
        """The card is as it is to go on."""
        self.card.wire, self.dropped = self.left, self.card.told()["dropped"]

    def begin(self, clock: int, steps: int) -> None:
        """The machine has taken so many steps, and goes on at this moment of the host's clock."""
        self.behind = clock - steps

    def left(self, step: int, frame: bytes) -> None:
        """The card has sent a frame, at a step of the machine's own."""
        if self.plugged and len(self.sent) < WAITING:
            self.sent.append((self.behind + step, frame))
            self.passed += Passed(sent=1, sent_octets=len(frame))
        else:
            self.passed += Passed(sent_dropped=1)

    def bring(self, frame: bytes) -> None:
        self.card.inbound.feed(frame)
        self.passed += Passed(received=1, received_octets=len(frame))

    def counted(self) -> Passed:
        """What has passed since this was asked the last time."""
        before, self.dropped = self.dropped, self.card.told()["dropped"]
        passed, self.passed = self.passed, Passed()
        return passed + Passed(received_dropped=self.dropped - before)


class Segment:
    """A switch, and what is on the way to it: frames by the machine that has sent them, and the port of each of those.
    Takes up what was `kept`."""

    def __init__(self, net: Net, kept: Mapping[str, Any]) -> None:
        self.net = net
        self.sent: dict[str, Sent] = {
            name: [(int(at), b64decode(frame)) for at, frame in sent] for name, sent in kept.get("sent", {}).items()
        }
        self._parts = {name: NetworkPart.parse(part) for name, part in kept.get("parts", {}).items()}
        self._learned = [(vlan, bytes.fromhex(station), *rest) for vlan, station, *rest in kept.get("learned", ())]
        self._buckets = {name: (int(tokens), int(last)) for name, (tokens, last) in kept.get("buckets", {}).items()}
        self.cables: dict[str, Cable] = {}
        self._away: dict[str, list[bytes]] = {}  # machines that have their steps elsewhere, and what has come for them
        self._switch = Switch([])

    def kept(self) -> dict[str, Any]:
        learned = [[vlan, station.hex(), *rest] for vlan, station, *rest in self._learned]
        sent = {name: [[at, b64encode(frame).decode()] for at, frame in sent] for name, sent in self.sent.items()}
        parts = {name: asdict(part) for name, part in self._parts.items()}
        return {"sent": sent, "parts": parts, "learned": learned, "buckets": self._buckets}

    @property
    def flying(self) -> bool:
        return any(self.sent.values())

    def plug(
        self,
        machines: Mapping[str, NetworkPart],
        on: Collection[str],
        away: Collection[str],
        cables: Mapping[str, Cable],
        told: Told,
    ) -> None:
        """Have ports for these machines, of which some are on, or are and have their steps elsewhere. Others that have
        no cable here wait, and nothing comes for them."""
        self._away = {name: self._away.get(name, []) for name in away}
        self._parts = {**self._parts, **machines}
        self._connect(cables)
        ports = sorted(self._parts.items())
        self._switch = Switch([part.port(name, self.net, name in on or name in away) for name, part in ports])
        self._switch.recall(self._learned)
        self._switch.told = partial(self._told, told)
        for port in self._switch.ports:
            if port.up and port.rate and port.name in self._buckets:
                port.tokens, port.last = self._buckets[port.name]

    def hold(self, cables: Mapping[str, Cable]) -> None:
        """Have these send, while nothing arrives but what has come for them before."""
        self._parts |= {name: cable.part for name, cable in cables.items()}
        self._connect(cables)
        for name, cable in cables.items():
            for frame in self._away.pop(name, []):
                cable.bring(frame)

    def _connect(self, cables: Mapping[str, Cable]) -> None:
        self.cables = dict(cables)
        for name, cable in cables.items():
            cable.plugged, cable.sent = True, self.sent.setdefault(name, [])

    def let_go(self, clock: int) -> None:
        """Nobody runs; what is on the way stays, and was sent no later than now."""
        self.sent = {name: [(min(at, clock), f) for at, f in sent] for name, sent in self.sent.items() if sent}
        self._parts = {name: part for name, part in self._parts.items() if name in self.sent}
        for cable in self.cables.values():
            cable.plugged = False
        self.cables.clear()

    def unplug(self, clock: int) -> None:
        """The same, and the switch stands still."""
        up = [port for port in self._switch.ports if port.up]
        names = {port.name for port in up}
        self._learned = [station for station in self._switch.learned() if station[2] in names]
        self._buckets = {port.name: (port.tokens, port.last) for port in up if port.rate}
        self.let_go(clock)

    def pull(self, name: str) -> None:
        """A machine is not on any more."""
        if name in self.cables:
            self.cables.pop(name).plugged = False
            next(port for port in self._switch.ports if port.name == name).up = False

    def pass_on(self) -> set[str]:
        """What was sent passes the switch; who gets something."""
        numbers = {port.name: number for number, port in enumerate(self._switch.ports)}
        found = [(step, numbers[name], frame) for name, sent in self.sent.items() for step, frame in sent]
        for sent in self.sent.values():
            sent.clear()
        woken = set()
        for step, origin, frame in sorted(found, key=itemgetter(0, 1)):
            for to, out in self._switch.arrive(step, origin, frame):
                name = self._switch.ports[to].name
                if name in self.cables:  # one that could not be made hears nothing
                    self.cables[name].bring(out)
                    woken.add(name)
                elif name in self._away and len(self._away[name]) < WAITING:
                    self._away[name].append(out)
        return woken

    def _told(self, told: Told, step: int, number: int, frame: bytes, inwards: bool, why: str) -> None:
        """Count what the switch drops."""
        name = self._switch.ports[number].name
        if why and name in self.cables:
            self.cables[name].passed += Passed(sent_dropped=1) if inwards else Passed(received_dropped=1)
        told(name, step, frame, inwards, why)
