"""Who gives steps to the machines of a host, and the clock that counts them: each as many as others, or as a policy
says. `living.py` has the machines, `wires.py` asks for a stretch at a time."""

from collections.abc import Iterable, Mapping

from isa.machine import Exit, Machine, Reason
from monitor.host.capacity import Capacity
from monitor.host.record import Record
from monitor.host.segment import Cable
from monitor.host.service import Service
from monitor.host.wires import GOES_ON
from monitor.monitor import Monitor


class InTurn:
    """All have as many steps, so the clock is that of each."""

    def __init__(self, monitor: Monitor, capacity: Capacity, clock: int = 0) -> None:
        self.monitor, self.capacity, self.clock = monitor, capacity, clock

    def run(self, guests: Mapping[str, Machine], steps: int, cables: Mapping[str, Cable]) -> dict[str, Exit]:
        for vm in self.monitor.machines:
            vm.exit = None if vm.name in guests else GOES_ON
        for name, guest in guests.items():
            if name in cables:
                cables[name].begin(self.clock, guest.steps)
        before = {name: guest.steps for name, guest in guests.items()}
        found = self.monitor.run(steps, self.capacity.quantum, self.capacity.processors)
        ends = {name: found[name] for name in guests}
        stopped = all(end.reason is not Reason.BUDGET for end in ends.values())
        self.clock += max((guests[name].steps - before[name] for name in guests), default=0) if stopped else steps
        return ends

    def rest(self, until: int) -> None:
        self.clock = until


class ByPolicy:
    """As many as the policy of the host says, which has its clock."""

    def __init__(self, service: Service, records: Iterable[Record]) -> None:
        self.service, self.records = service, list(records)

    @property
    def clock(self) -> int:
        return self.service.books.spent

    def run(self, guests: Mapping[str, Machine], steps: int, cables: Mapping[str, Cable]) -> dict[str, Exit]:
        joined = {guest: cables[name] for name, guest in guests.items() if name in cables}

        def told(guest: Machine, clock: int) -> None:
            if guest in joined:
                joined[guest].begin(clock, guest.steps)

        return self.service.run(self.records, guests, steps, told)

    def rest(self, until: int) -> None:
        self.service.rest(until)
