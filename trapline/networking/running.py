"""A network from its file: the guests, each with a card, on a machine of its own or under one monitor."""

from dataclasses import dataclass

from isa.description import Isa
from isa.devices import Console, Ports, Script, standard
from isa.devices.card import Card
from isa.devices.catalogue import misfit
from isa.engines.choice import bare
from isa.errors import UsageError
from isa.machine import Machine, Reason, Storage
from monitor.monitor import Monitor, uppermost
from monitor.network.network import Network, Station
from monitor.schedule import Schedule
from monitor.techniques.catalogue import TECHNIQUES
from trapline.networking.definition import NONE, Guest, Plan
from trapline.running import programs
from trapline.running.neighbours import Labelled, Log
from trapline.running.rig import plenty, scratch_disk


@dataclass(slots=True)
class Running:
    """A network that can run, and what its guests print."""

    network: Network
    machines: dict[str, Machine]
    labels: list[Labelled]

    def ends(self) -> dict[str, str]:
        """How each guest stands."""
        told = {}
        for name, machine in self.machines.items():
            end = self.network.schedule.end_of(machine)
            told[name] = "running" if end is None else "waiting" if end.reason is Reason.IDLE else end.reason.value
        return told

    @property
    def failed(self) -> bool:
        return any(end not in (Reason.HALT.value, "running", "waiting") for end in self.ends().values())


def begin(plan: Plan, engine: str, log: Log) -> Running:
    """Everything before the first step. Raises TraplineError in all its kinds."""
    found = [programs.find(guest.program, None) for guest in plan.guests]
    isa = found[0].isa
    for program in found:
        if program.isa is not isa:
            message = f"{found[0].name} is for {isa.name}, and {program.name} for {program.isa.name}"
            raise UsageError(f"{message}: one network has one kind of machine", "take guests of one machine")
    sizes = [g.storage or p.storage or plenty(isa) for g, p in zip(plan.guests, found, strict=True)]
    labels = [Labelled(guest.port.name, log) for guest in plan.guests]
    monitor = _monitor(plan, isa, sizes, engine)
    stations, machines = [], {}
    for number, (guest, program) in enumerate(zip(plan.guests, found, strict=True)):
        card = Card(isa.word, guest.station)
        ports = _ports(plan, isa, guest, program, card, labels[number])
        machine = _machine(monitor, isa, sizes[number], ports, plan.seed, guest.port.name, engine)
        machine.load(program.image)
        stations.append(Station(guest.port, machine, card))
        machines[guest.port.name] = machine
    stations += [Station(out.port) for out in plan.outside]
    schedule = Schedule(list(machines.values()), plan.quantum)
    return Running(Network(schedule, stations, plan.impairments, plan.seed), machines, labels)


def _monitor(plan: Plan, isa: Isa, sizes: list[int], engine: str) -> Monitor | None:
    if plan.monitor == NONE:
        return None
    page = Storage(isa.word, 1).page_words
    room = sum(-(-size // page) * page for size in sizes)
    return uppermost(isa, room, (TECHNIQUES[plan.monitor],), plan.seed, engine)


def _ports(plan: Plan, isa: Isa, guest: Guest, program: programs.Program, card: Card, label: Labelled) -> Ports:
    typed = program.input if guest.input is None else guest.input
    input = None if misfit(isa, Console.name, Console.ports) else Script(typed)
    disk = scratch_disk(isa, None, program.disk)()
    return standard(isa, input=input, sink=label, disk=disk, seed=plan.seed, others=[card])


def _machine(monitor: Monitor | None, isa: Isa, words: int, ports: Ports, seed: int, name: str, engine: str) -> Machine:
    if monitor is not None:
        return monitor.create(words, ports, seed, name)
    return bare(isa, Storage(isa.word, words), ports, seed, engine=engine)
