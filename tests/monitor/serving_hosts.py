"""Hosts whose guests serve requests, for tests: real virtual machines with a console and a disk each."""

from collections.abc import Sequence
from dataclasses import dataclass

from isa.assembler import Image, assemble
from isa.devices import Console, Disk, Live, MemoryBacking, RandomSource, attach
from isa.devices.card import Card
from isa.engines.choice import REFERENCE, bare
from isa.machine import Storage
from monitor.monitor import Monitor, VirtualMachine
from monitor.service import Served, Terms
from monitor.service.account import Account
from monitor.service.level import Load
from monitor.service.policies.policy import Policy
from monitor.service.reached import ByNetwork
from monitor.service.requests import Request, Server, Serving
from monitor.service.served import exits
from tests.machines_to_test import G3
from trapline.running.programs import find

SIZE, PRICE = 2048, 20
SERVE, STORE, NOISE = (
    find("serve", "g3").image,
    find("keyvalue", "g3").image,
    find("noise", "g3", [("ROUNDS", 0)]).image,
)
BUSY = assemble(G3, "        .org 16\nstart:  addi r1, r1, 1\n        b start\n", "busy.s")


def server(monitor: Monitor, requests: Sequence[Request]) -> Server:
    disk = Disk(MemoryBacking(bytes(4 * 512), True), 32)
    vm = monitor.create(SIZE, attach(G3, Console(Live()), disk))
    vm.load(SERVE)
    return Server(vm, requests)


def monitor(guests: int) -> Monitor:
    return Monitor(bare(G3, Storage(32, (guests + 2) * SIZE), engine=REFERENCE))


def store(monitor: Monitor, requests: Sequence[Request]) -> Server:
    """One that is asked over a network."""
    card = Card(32, 1)
    vm = monitor.create(8 * SIZE, attach(G3, Console(Live()), card, RandomSource(32, 0)))
    vm.load(STORE)
    return Server(vm, requests, ByNetwork(card, 7000))


def load(requests: Sequence[Request], quantum: int) -> Load:
    """What a server costs alone."""
    alone = server(monitor(1), requests)
    return Load(tuple(requests), tuple(alone.ask(request.line) for request in requests), PRICE, quantum)


@dataclass
class Hosted:
    """A host with servers and neighbours, and how it is run."""

    serving: Serving
    neighbours: list[VirtualMachine]
    before: list[tuple[int, int]]

    def accounts(self) -> list[Account]:
        return self.serving.served.accounts

    def unpaid(self) -> list[int]:
        """Of every machine, what it did and neither paid nor owes."""
        self.serving.served.settle()
        found = []
        for account, (steps, before) in zip(self.accounts(), self.before, strict=True):
            guest = self.serving.served.guest(account)
            did = guest.steps - steps + PRICE * (exits(guest) - before)
            found.append(did - account.charged - account.debt)
        return found


def hosted(
    policy: Policy,
    requests: Sequence[Sequence[Request]],
    terms: Sequence[Terms],
    quantum: int,
    neighbours: Sequence[Image] = (),
) -> Hosted:
    """`neighbours` are images, whose terms are the last ones."""
    on = monitor(len(requests) + len(neighbours))
    servers, others = [server(on, asked) for asked in requests], []
    for image in neighbours:
        others.append(on.create(SIZE))
        others[-1].load(image)
    served = Served(on.machines, policy, terms, quantum=quantum, price=PRICE)
    before = [(vm.steps, vm.statistics.taken) for vm in on.machines]
    return Hosted(Serving(served, servers), others, before)
