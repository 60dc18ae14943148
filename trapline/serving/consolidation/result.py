"""What came of it: hosts before and after, what they cost, and every promise held against what happened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from trapline.serving.consolidation.packing import Bins, Item, Packing, packed
from trapline.serving.consolidation.plan import Plan
from trapline.serving.consolidation.reckoning import Maker, Reckoned, Show, reckoned
from trapline.serving.consolidation.trial import Paid, Seen, Trial, accepted, alone, together

HOURS = 730  # of a month
PERCENTS = (50, 95, 99, 100)


@dataclass(frozen=True, slots=True)
class Bill:
    """Of so many hosts: power in watts, rack units, and cents a month for each."""

    hosts: int
    utilization: Fraction
    watts: Fraction
    energy: Fraction
    units: int
    space: int


@dataclass(frozen=True, slots=True)
class Consolidated:
    """`broken` says in words what was not kept; the last trial is beside the neighbour, if there is one."""

    plan: Plan
    servers: tuple[Reckoned, ...]
    packing: Packing
    trials: tuple[Trial, ...]
    broken: tuple[str, ...]

    @property
    def before(self) -> Bill:
        return bill(self.plan, self.trials[0])

    @property
    def after(self) -> Bill:
        return bill(self.plan, self.trials[1])


def consolidated(plan: Plan, engine: str, show: Show) -> Consolidated:
    """Raises TraplineError for a server that does not serve, or for which no host is enough."""
    maker = Maker(plan, engine)
    servers = reckoned(maker, show)
    packing = packed([_item(maker, server) for server in servers], bins := room(maker))
    accepted(maker, servers, packing, bins)
    trials = [alone(maker, servers), together(maker, servers, packing)]
    trials += [together(maker, servers, packing, noisy=True)] if plan.neighbour else []
    return Consolidated(plan, tuple(servers), packing, tuple(trials), tuple(broken(plan, servers, trials)))


def room(maker: Maker) -> Bins:
    """What a host has for servers: a neighbour on each processor has its storage too."""
    host, neighbour = maker.plan.host, maker.plan.neighbour
    taken = host.processors * maker.words(neighbour.storage) if neighbour else 0
    return Bins(host.processors, max(0, host.storage - taken))


def _item(maker: Maker, server: Reckoned) -> Item:
    return Item(server.terms.share, maker.words(server.wanted.storage), server.wanted.name)


def bill(plan: Plan, trial: Trial) -> Bill:
    host, prices = plan.host, plan.prices
    busy = Fraction(sum(trial.busy.values()), host.processors * trial.span)  # of a host
    watts = trial.hosts * host.idle + (host.busy - host.idle) * busy
    units = trial.hosts * host.units
    energy = watts * HOURS / 1000 * prices.energy
    return Bill(trial.hosts, busy / trial.hosts, watts, energy, units, units * prices.unit)


def percentile(latencies: Sequence[int | None], percent: int) -> int | None:
    """The least that so many of a hundred do not exceed; None if too few were answered."""
    known = sorted(latency for latency in latencies if latency is not None)
    rank = -(-percent * len(latencies) // 100)
    return known[rank - 1] if rank <= len(known) else None


def broken(plan: Plan, servers: Sequence[Reckoned], trials: Sequence[Trial]) -> Iterator[str]:
    """What was promised and did not happen, trial by trial; nothing is promised to those that are alone."""
    for trial in trials:
        for server, seen in zip(servers, trial.servers, strict=True):
            for what in _unlike(plan, server, seen, trial is not trials[0]):
                yield f"{server.wanted.name}, {trial.name}: {what}"
        for paid in trial.neighbours:
            yield from (f"{paid.name}, {trial.name}: {what}" for what in unpaid(plan, paid))


def _unlike(plan: Plan, server: Reckoned, seen: Seen, kept: bool) -> Iterator[str]:
    level, paid = server.wanted.level, seen.paid
    if kept and not level.kept(seen.latencies):
        yield f"fewer than {level.percent}% of its requests were answered within {level.within:,} steps"
    pairs = zip(seen.latencies, server.promised, strict=True)
    late = [number for number, (had, most) in enumerate(pairs) if had is None or had > most]
    if kept and late:
        yield f"request {late[0]} was answered later than was promised for it"
    if kept and paid.wait is not None and paid.waited > paid.wait:
        yield f"it waited {paid.waited:,} steps for a turn, and was promised no more than {paid.wait:,}"
    if seen.answers != server.answers[: len(seen.answers)] or (kept and len(seen.answers) < len(server.answers)):
        yield "it did not answer as it does alone"
    if paid.charged + paid.debt > server.load.work(paid.turns):
        yield f"it was charged {paid.charged:,} steps, and its requests cost {server.load.work(paid.turns):,} alone"
    yield from unpaid(plan, paid)


def unpaid(plan: Plan, paid: Paid) -> Iterator[str]:
    """Whether every step and every exit was charged."""
    did = paid.steps + plan.price * paid.exits
    if did != paid.charged + paid.debt:
        yield f"it did what costs {did:,} steps, and was charged {paid.charged + paid.debt:,}"
