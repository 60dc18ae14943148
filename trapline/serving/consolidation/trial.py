"""The servers as they really run: each alone on a host, packed together, and beside a noisy neighbour.

A host's processors share nothing but its storage: a machine with a reservation stays where it was admitted, and so each
processor is a schedule of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from isa.errors import TraplineError
from monitor.monitor import VirtualMachine
from monitor.service import Served, Terms
from monitor.service.account import Account
from monitor.service.policies.catalogue import policy
from monitor.service.promised import promised
from monitor.service.requests import Server, Serving
from monitor.service.served import exits as exits_of
from trapline.serving.consolidation.packing import Bins, Packing, Place
from trapline.serving.consolidation.reckoning import Maker, Reckoned


@dataclass(frozen=True, slots=True)
class Paid:
    """What a machine did, and what it was charged: `steps` of its own and `exits`, in so many turns; what it still
    owes; and the longest that it waited for a turn, and may have waited by its policy."""

    name: str
    steps: int
    exits: int
    turns: int
    charged: int
    debt: int
    waited: int
    wait: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A server in a trial: the latencies of its requests, None for one without an answer, and what it answered."""

    latencies: tuple[int | None, ...]
    answers: tuple[bytes, ...]
    paid: Paid


@dataclass(frozen=True, slots=True)
class Trial:
    """`span` are the steps that it took, `busy` those of each processor in which somebody ran."""

    name: str
    hosts: int
    span: int
    busy: dict[Place, int]
    servers: tuple[Seen, ...]
    neighbours: tuple[Paid, ...] = ()


@dataclass(slots=True)
class _Ran:
    """A processor and who ran there."""

    busy: int
    servers: list[Seen]
    neighbour: Paid | None


def span(servers: Sequence[Reckoned]) -> int:
    """How long all trials take: until the last answer that is promised."""
    ends = (zip(server.wanted.requests, server.promised, strict=True) for server in servers)
    return max(request.at + latency for its in ends for request, latency in its)


def alone(maker: Maker, servers: Sequence[Reckoned]) -> Trial:
    """Before: every server has a host."""
    ran = [_processor(maker, [server], [Terms()], "shares", False, span(servers)) for server in servers]
    seen = tuple(one for its in ran for one in its.servers)
    busy = {(host, 0): its.busy for host, its in enumerate(ran)}
    return Trial("alone", len(servers), span(servers), busy, seen)


def together(maker: Maker, servers: Sequence[Reckoned], packing: Packing, noisy: bool = False) -> Trial:
    """Packed; `noisy`: with the plan's neighbour on every processor."""
    seen: dict[int, Seen] = {}
    busy: dict[Place, int] = {}
    neighbours = []
    for place in sorted(set(packing.places)):
        here = packing.on(place)
        ran = _processor(
            maker,
            [servers[number] for number in here],
            [servers[number].terms for number in here],
            maker.plan.policy,
            noisy,
            span(servers),
        )
        seen |= dict(zip(here, ran.servers, strict=True))
        busy[place] = ran.busy
        neighbours += [ran.neighbour] if ran.neighbour else []
    found = tuple(seen[number] for number in range(len(servers)))
    name = "beside noise" if noisy else "together"
    return Trial(name, packing.hosts, span(servers), busy, found, tuple(neighbours))


def accepted(maker: Maker, servers: Sequence[Reckoned], packing: Packing, bins: Bins) -> None:
    """Whether the policy admits what was packed, and there is room for all. Raises TraplineError if not."""
    for place in set(packing.places):
        its = [servers[number].terms for number in packing.on(place)]
        promised(policy(maker.plan.policy), its, quantum=maker.plan.quantum, price=maker.plan.price)
    for host in {host for host, _ in packing.places}:
        here = [s for s, (at, _) in zip(servers, packing.places, strict=True) if at == host]
        words = sum(maker.words(server.wanted.storage) for server in here)
        if words > bins.words:
            raise TraplineError(f"host {host} is to hold {words:,} words, and has {bins.words:,} for servers")


def _processor(
    maker: Maker, servers: Sequence[Reckoned], terms: list[Terms], kind: str, noisy: bool, until: int
) -> _Ran:
    plan, neighbour = maker.plan, maker.plan.neighbour if noisy else None
    sizes = [server.wanted.storage for server in servers] + ([neighbour.storage] if neighbour else [])
    monitor = maker.monitor(sum(maker.words(size) for size in sizes))
    running = [maker.server(monitor, server.wanted) for server in servers]
    beside = maker.neighbour(monitor, neighbour) if neighbour else None
    if neighbour:
        terms = [*terms, Terms(neighbour.weight, period=terms[0].period)]
    before = {vm.name: (vm.steps, vm.statistics.taken) for vm in monitor.machines}
    served = Served(monitor.machines, policy(kind), terms, quantum=plan.quantum, price=plan.price)
    Serving(served, running).run(until)
    served.settle()

    def paid(vm: VirtualMachine, name: str) -> Paid:
        return _paid(served, served.account(vm), name, *before[vm.name])

    seen = [_seen(one, paid(vm, vm.name)) for one, vm in zip(running, monitor.machines, strict=False)]
    (here,) = served.processors
    return _Ran(until - here.idle, seen, paid(beside, neighbour.name) if beside and neighbour else None)


def _seen(server: Server, paid: Paid) -> Seen:
    return Seen(tuple(server.latencies), tuple(server.answers), paid)


def _paid(served: Served, account: Account, name: str, steps: int, exits: int) -> Paid:
    guest = served.guest(account)
    return Paid(
        name,
        guest.steps - steps,
        exits_of(guest) - exits,
        account.turns,
        account.charged,
        account.debt,
        account.waited,
        served.longest_wait(account),
    )
