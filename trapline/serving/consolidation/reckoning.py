"""What each server needs: it is run alone, answers one request after the other, and what that costs is reserved."""

from collections.abc import Callable
from dataclasses import dataclass

from isa.description import Isa
from isa.devices import BLOCK, Console, Disk, Live, MemoryBacking, RandomSource, attach
from isa.devices.card import Card
from isa.devices.catalogue import port_width
from isa.devices.ports import Device
from isa.engines.choice import bare
from isa.errors import TraplineError
from isa.machine import Storage
from isa.machine.storage import page_shift
from isa.machines.catalogue import find
from monitor.monitor import Monitor, VirtualMachine
from monitor.service.level import Load, least, periods
from monitor.service.reached import ByNetwork
from monitor.service.requests import Server
from monitor.service.terms import Terms
from trapline.serving.consolidation.plan import Neighbour, Plan, Wanted

STATION = 1  # of a server on its network
Show = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes machines of a plan, on monitors that have just the room for them."""

    plan: Plan
    engine: str

    @property
    def isa(self) -> Isa:
        return find(self.plan.machine)

    def words(self, storage: int) -> int:
        """How many words of a host a machine takes: whole pages."""
        page = 1 << page_shift(self.isa.word)
        return -(-storage // page) * page

    def monitor(self, storage: int) -> Monitor:
        real = Storage(self.isa.word, storage + self.words(1))  # the monitor keeps a page
        return Monitor(bare(self.isa, real, engine=self.engine))

    def server(self, monitor: Monitor, wanted: Wanted) -> Server:
        """A server that waits for its first request. Raises MachineError for what does not serve."""
        devices: list[Device] = [Console(Live())]
        card = Card(self.isa.word, STATION) if wanted.port else None
        if card is not None:
            devices += [card, RandomSource(port_width(self.isa))]
        if wanted.disk:
            block = BLOCK * ((self.isa.word + 7) // 8)  # bytes
            devices.append(Disk(MemoryBacking(bytes(wanted.disk * block), True), self.isa.word))
        vm = monitor.create(wanted.storage, attach(self.isa, *devices), name=wanted.name)
        vm.load(wanted.program.image)
        return Server(vm, wanted.requests, None if card is None else ByNetwork(card, wanted.port))

    def neighbour(self, monitor: Monitor, neighbour: Neighbour) -> VirtualMachine:
        vm = monitor.create(neighbour.storage)
        vm.load(neighbour.program.image)
        return vm


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A server: what its requests cost alone and how it answers them, what is reserved for it, and the latencies that
    this promises."""

    wanted: Wanted
    load: Load
    answers: tuple[bytes, ...]
    terms: Terms
    promised: tuple[int, ...]


def reckoned(maker: Maker, show: Show) -> list[Reckoned]:
    """Every server of a plan. Raises TraplineError for a level that no host could keep."""
    plan, known = maker.plan, []
    for wanted in plan.servers:
        known.append(_alone(maker, wanted))
        show(len(known), len(plan.servers))
    loads = [load for load, _ in known]
    terms = _reservations(plan, loads)
    return [
        Reckoned(wanted, load, answers, its, tuple(load.latencies(its)))
        for wanted, (load, answers), its in zip(plan.servers, known, terms, strict=True)
    ]


def _alone(maker: Maker, wanted: Wanted) -> tuple[Load, tuple[bytes, ...]]:
    server = maker.server(maker.monitor(maker.words(wanted.storage)), wanted)
    costs = tuple(server.ask(request.line) for request in wanted.requests)
    return Load(wanted.requests, costs, maker.plan.price, maker.plan.quantum), tuple(server.answers)


def _reservations(plan: Plan, loads: list[Load]) -> list[Terms]:
    """In the period with which all of them together take least."""
    found, lacking = [], ""
    for period in [plan.period] if plan.period else periods(wanted.level for wanted in plan.servers):
        terms = [least(wanted.level, load, period) for wanted, load in zip(plan.servers, loads, strict=True)]
        lacking = next((w.name for w, its in zip(plan.servers, terms, strict=True) if its is None), "")
        if not lacking:
            found.append([its for its in terms if its is not None])
    if not found:
        raise _too_much(plan, loads, lacking)
    return min(found, key=lambda terms: (sum(its.share for its in terms), -terms[0].period))


def _too_much(plan: Plan, loads: list[Load], name: str) -> TraplineError:
    wanted, load = next((w, of) for w, of in zip(plan.servers, loads, strict=True) if w.name == name)
    most, level = max(cost.charged(plan.price) for cost in load.costs), wanted.level
    rule = f"{name} cannot be promised to answer {level.percent}% of its requests within {level.within:,} steps"
    help = f"one of them takes {most:,} steps alone, and waits for a period first: allow it more, or longer turns"
    return TraplineError(rule, help)
