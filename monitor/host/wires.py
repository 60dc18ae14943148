"""The networks of a host while its machines run: cables from their cards to the ports of switches.

A frame leaves a card at a step, and arrives when the host's clock next comes to a multiple of its network's `delay`.
Up to there nobody can tell whether it was sent. So machines run alone until then, in any order and on as many
processors as there are; then what all of them have sent passes the switch, in the order of its steps, and whoever waits
for a frame goes on. What is on the way when a run ends is kept with the machines: many runs are one, to the step.

A machine that is not on has its cable pulled: what it sent before still arrives, what was sent to it is lost.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from isa.devices import Card
from isa.machine import Exit, Machine, Reason
from monitor.host.networks import Net, NetworkPart
from monitor.host.used import Passed
from monitor.network.switch import Switch

WAITING = 64  # frames of a machine that are on the way; more are dropped
GOES_ON = Exit(Reason.BUDGET, 0, 0)

Told = Callable[[str, int, bytes, bool, str], object]  # whose port, when, what, whether it comes in, why it is dropped
Sent = list[tuple[int, bytes]]  # steps of the host's clock, and frames


class Clock(Protocol):
    """Who gives steps to machines, and the clock that counts them."""

    @property
    def clock(self) -> int: ...

    def run(self, guests: Mapping[str, Machine], steps: int, cables: "Mapping[str, Cable]") -> dict[str, Exit]:
        """Let so many steps of the clock pass, and tell the cables when their machines begin; how each machine ended.
        It may stand still when all have stopped."""
        ...

    def rest(self, until: int) -> None:
        """Nobody runs until then."""
        ...


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
    """A switch, and what is on the way to it: frames by the machine that has sent them. Takes up what was `kept`."""

    def __init__(self, net: Net, kept: Mapping[str, Any]) -> None:
        self.net = net
        self.sent: dict[str, Sent] = {
            name: [(int(at), b64decode(frame)) for at, frame in sent] for name, sent in kept.get("sent", {}).items()
        }
        self._learned = [(vlan, bytes.fromhex(station), *rest) for vlan, station, *rest in kept.get("learned", ())]
        self._buckets = {name: (int(tokens), int(last)) for name, (tokens, last) in kept.get("buckets", {}).items()}
        self.cables: dict[str, Cable] = {}
        self._switch = Switch([])

    def kept(self) -> dict[str, Any]:
        learned = [[vlan, station.hex(), *rest] for vlan, station, *rest in self._learned]
        sent = {name: [[at, b64encode(frame).decode()] for at, frame in sent] for name, sent in self.sent.items()}
        return {"sent": sent, "learned": learned, "buckets": self._buckets}

    @property
    def flying(self) -> bool:
        return any(self.sent.values())

    def plug(
        self,
        machines: Mapping[str, NetworkPart],
        on: Collection[str],
        cables: Mapping[str, Cable],
        told: Told,
    ) -> None:
        """Have ports for these machines, of which some are on. Those that have no cable here wait, and nothing comes
        for them."""
        self.cables = dict(cables)
        self.sent = {name: sent for name, sent in self.sent.items() if name in machines}
        for name, cable in cables.items():
            cable.plugged, cable.sent = True, self.sent.setdefault(name, [])
        self._switch = Switch([part.port(name, self.net, name in on) for name, part in sorted(machines.items())])
        self._switch.recall(self._learned)
        self._switch.told = partial(self._told, told)
        for port in self._switch.ports:
            if port.up and port.rate and port.name in self._buckets:
                port.tokens, port.last = self._buckets[port.name]

    def unplug(self) -> None:
        """Nobody runs; what is on the way stays."""
        up = [port for port in self._switch.ports if port.up]
        names = {port.name for port in up}
        self._learned = [station for station in self._switch.learned() if station[2] in names]
        self._buckets = {port.name: (port.tokens, port.last) for port in up if port.rate}
        self.sent = {name: sent for name, sent in self.sent.items() if sent}
        for cable in self.cables.values():
            cable.plugged = False
        self.cables.clear()

    def pull(self, name: str) -> None:
        """A machine is not on any more."""
        if name in self.cables:
            self.cables.pop(name).plugged = False
            next(port for port in self._switch.ports if port.name == name).up = False

    def pass_on(self) -> set[str]:
        """What was sent passes the switch; who gets something."""
        numbers = {port.name: number for number, port in enumerate(self._switch.ports)}
        frames = sorted((step, numbers[name], frame) for name, sent in self.sent.items() for step, frame in sent)
        for sent in self.sent.values():
            sent.clear()
        woken = set()
        for step, origin, frame in frames:
            for to, out in self._switch.arrive(step, origin, frame):
                name = self._switch.ports[to].name
                if name in self.cables:  # one that could not be made hears nothing
                    self.cables[name].bring(out)
                    woken.add(name)
        return woken

    def _told(self, told: Told, step: int, number: int, frame: bytes, inwards: bool, why: str) -> None:
        """Count what the switch drops."""
        name = self._switch.ports[number].name
        if why and name in self.cables:
            self.cables[name].passed += Passed(sent_dropped=1) if inwards else Passed(received_dropped=1)
        told(name, step, frame, inwards, why)


class Wires:
    """The networks of a host. Takes up what was `kept`. Raises ValueError, TypeError or LookupError for what is none of
    it."""

    def __init__(self, nets: Iterable[Net], kept: Mapping[str, Any]) -> None:
        self.clock = int(kept.get("clock", 0))  # on a host without a policy, which has its own
        known = kept.get("networks", {})
        self.segments = {net.name: Segment(net, known.get(net.name, {})) for net in nets}
        self.machines: Mapping[str, NetworkPart] = {}  # all that have ports,
        self.on: Collection[str] = ()  # and which of them are on
        self.captured: set[str] = set(kept.get("captured", ()))  # machines of which `told` is told what passes
        self.told: Told | None = None

    def kept(self) -> dict[str, Any]:
        networks = {name: one.kept() for name, one in self.segments.items()}
        return {"clock": self.clock, "networks": networks, "captured": sorted(self.captured)}

    @property
    def flying(self) -> bool:
        return any(segment.flying for segment in self.segments.values())

    def run(
        self,
        guests: Mapping[str, Machine],
        running: Iterable[str],
        steps: int,
        cables: Mapping[str, Cable],
        host: Clock,
    ) -> dict[str, Exit]:
        """Let so many steps of the host's clock pass, or fewer if nothing happens any more. Of the guests, which are
        on, those that are `running` have something to do. How each ended that ran, or would go on."""
        for name, segment in self.segments.items():
            mine = {machine: part for machine, part in self.machines.items() if part.name == name}
            here = {machine: cables[machine] for machine in mine if machine in cables}
            segment.plug(mine, self.on, here, self._told)
        try:
            return self._run(guests, set(running), steps, host, cables)
        finally:
            for segment in self.segments.values():
                segment.unplug()

    def _run(
        self, guests: Mapping[str, Machine], running: set[str], steps: int, host: Clock, cables: Mapping[str, Cable]
    ) -> dict[str, Exit]:
        ends: dict[str, Exit] = {}
        stop = host.clock + steps
        while (now := host.clock) < stop and (running or self.flying):
            until = min(stop, *self._moments(now, running, stop))
            if running:
                here = {name: guest for name, guest in guests.items() if name in running}
                found = host.run(here, until - now, cables)
                ends |= found
                running = {name for name, end in found.items() if end.reason is Reason.BUDGET}
                self._pull(found)
            if not running and self.flying:
                host.rest(until)
            woken = self._arrived(now, host.clock)
            ends |= dict.fromkeys(woken, GOES_ON)
            running |= woken
        return ends

    def _told(self, name: str, step: int, frame: bytes, inwards: bool, why: str) -> None:
        if self.told is not None and name in self.captured:
            self.told(name, step, frame, inwards, why)

    def _moments(self, now: int, running: set[str], stop: int) -> Iterator[int]:
        """When frames arrive next, if there may be any."""
        yield stop
        for segment in self.segments.values():
            if segment.flying or running & segment.cables.keys():
                yield (now // segment.net.delay + 1) * segment.net.delay

    def _pull(self, ends: Mapping[str, Exit]) -> None:
        """Who has stopped for good is not on any more."""
        for name, end in ends.items():
            if end.reason not in (Reason.BUDGET, Reason.IDLE):
                for segment in self.segments.values():
                    segment.pull(name)

    def _arrived(self, before: int, now: int) -> set[str]:
        """What has arrived between two moments of the clock; who got something."""
        woken = set()
        for segment in self.segments.values():
            if now // segment.net.delay > before // segment.net.delay:
                woken |= segment.pass_on()
        return woken
