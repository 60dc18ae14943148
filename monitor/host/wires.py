"""The networks of a host while its machines run: cables from their cards to the ports of switches.

A frame leaves a card at a step, and arrives when the host's clock next comes to a multiple of its network's `delay`.
Up to there nobody can tell whether it was sent. So machines run alone until then, in any order and on as many
processors as there are; then what all of them have sent passes the switch, in the order of its steps, and whoever waits
for a frame goes on. What is on the way when a run ends is kept with the machines: many runs are one, to the step.

A machine that is not on has its cable pulled: what it sent before still arrives, whatever has become of it; what was
sent to it is lost.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Protocol

from isa.machine import Exit, Machine, Reason
from monitor.host.networks import Net, NetworkPart
from monitor.host.segment import Cable, Segment, Told

GOES_ON = Exit(Reason.BUDGET, 0, 0)


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


class Wires:
    """The networks of a host. Takes up what was `kept`. Raises ValueError, TypeError or LookupError for what is none of
    it."""

    def __init__(self, nets: Iterable[Net], kept: Mapping[str, Any]) -> None:
        self.clock = int(kept.get("clock", 0))  # on a host without a policy, which has its own
        known = kept.get("networks", {})
        self.segments = {net.name: Segment(net, known.get(net.name, {})) for net in nets}
        self.machines: Mapping[str, NetworkPart] = {}  # all that have ports,
        self.on: Collection[str] = ()  # which of them are on,
        self.away: Collection[str] = ()  # and which have their steps in `alone`
        self.captured: set[str] = set(kept.get("captured", ()))  # machines of which `told` is told what passes
        self.told: Told | None = None
        self.still: int | None = None  # where the host's clock stands meanwhile

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
            segment.plug(mine, self.on, self.away, here, self._told)
        try:
            return self._run(guests, set(running), steps, host, cables)
        finally:
            for segment in self.segments.values():
                segment.unplug(host.clock)

    def alone(
        self, guests: Mapping[str, Machine], steps: int, cables: Mapping[str, Cable], by: Clock
    ) -> dict[str, Exit]:
        """Have machines take steps while the clock of their host stands `still`, and nothing arrives: one that is on
        its way elsewhere."""
        assert self.still is not None
        for name, segment in self.segments.items():
            segment.hold({machine: cable for machine, cable in cables.items() if cable.part.name == name})
        for name, cable in cables.items():
            cable.begin(self.still, guests[name].steps)
        try:
            return by.run(guests, steps, {})
        finally:
            for segment in self.segments.values():
                segment.let_go(self.still)

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
