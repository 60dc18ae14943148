"""What is said of a consolidation: as text, and as JSON."""

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from trapline.serving.consolidation.result import PERCENTS, Bill, Consolidated, percentile
from trapline.serving.consolidation.trial import Paid, Seen, Trial

if TYPE_CHECKING:
    from rich.table import Table


def parts(found: Consolidated) -> "Iterator[str | Table]":
    """A page: the packing, what each server is promised, its latencies in each trial, and whether all was kept."""
    yield f"{_hosts(found.before.hosts)} before, {found.after.hosts} after: {_bound(found)}"
    yield ""
    yield _bills(found)
    yield ""
    yield _servers(found)
    yield ""
    yield _processors(found)
    yield ""
    for trial in found.trials:
        yield f"latency {trial.name}, in steps"
        yield _latencies(found, trial)
        yield ""
    yield from (_neighbour(found, paid) for paid in found.trials[-1].neighbours)
    yield from (f"BROKEN: {what}" for what in found.broken)
    if not found.broken:
        yield "every level was kept, and every other promise"


def _hosts(count: int) -> str:
    return f"{count} host{'s' * (count != 1)}"


def _bound(found: Consolidated) -> str:
    packing = found.packing
    proved = "fewer are not enough" if packing.least >= packing.hosts else f"at least {packing.least} are needed"
    return f"{proved} (HiGHS); first fit needs {packing.first_fit}"


def _table(*columns: str, words: int = 1) -> "Table":
    from rich.table import Table

    made = Table(box=None, pad_edge=False)
    for number, name in enumerate(columns):
        made.add_column(name, justify="left" if number < words else "right")
    return made


def _bills(found: Consolidated) -> "Table":
    table = _table("", "hosts", "utilization", "power", "energy a month", "rack units", "space a month")
    for name, bill in (("before", found.before), ("after", found.after)):
        numbers = str(bill.hosts), f"{float(bill.utilization):.1%}", f"{float(bill.watts):,.1f} W"
        table.add_row(name, *numbers, _money(bill.energy), str(bill.units), _money(bill.space))
    return table


def _money(cents: Fraction | int) -> str:
    whole = round(cents)
    return f"{whole // 100:,}.{whole % 100:02}"


def _servers(found: Consolidated) -> "Table":
    table = _table("server", "level", "requests", "work", "reserved", "a turn within", words=2)
    for number, server in enumerate(found.servers):
        level, terms = server.wanted.level, server.terms
        wait = found.trials[-1].servers[number].paid.wait
        table.add_row(
            server.wanted.name,
            f"{level.percent}% within {level.within:,}",
            str(len(server.promised)),
            f"{server.load.work(0):,}",
            f"{terms.reserve:,} of {terms.period:,}",
            "" if wait is None else f"{wait:,}",
        )
    return table


def _processors(found: Consolidated) -> "Table":
    """What is reserved of each, and how much of it was busy in each trial."""
    table = _table("processor", "servers", "reserved", *(f"busy {trial.name}" for trial in found.trials[1:]), words=2)
    for place in sorted(set(found.packing.places)):
        here = [found.servers[number] for number in found.packing.on(place)]
        reserved = sum(server.terms.reserve for server in here) / here[0].terms.period
        busy = [f"{trial.busy[place] / trial.span:.0%}" for trial in found.trials[1:]]
        names = ", ".join(server.wanted.name for server in here)
        table.add_row(f"host {place[0]}, {place[1]}", names, f"{reserved:.0%}", *busy)
    return table


def _latencies(found: Consolidated, trial: Trial) -> "Table":
    last = "promised" if trial is not found.trials[0] else ""
    table = _table("server", *(f"{p}%" if p < 100 else "most" for p in PERCENTS), *([last] if last else []))
    for server, seen in zip(found.servers, trial.servers, strict=True):
        most = [f"{max(server.promised):,}"] if last else []
        table.add_row(server.wanted.name, *(_steps(percentile(seen.latencies, p)) for p in PERCENTS), *most)
    return table


def _steps(latency: int | None) -> str:
    return "no answer" if latency is None else f"{latency:,}"


def _neighbour(found: Consolidated, paid: Paid) -> str:
    price = found.plan.price
    did = f"{paid.steps:,} steps and {paid.exits:,} exits at {price}"
    return f"{paid.name}: {did}, charged {paid.charged:,}, {paid.debt:,} owed"


# ---- JSON


def facts(found: Consolidated) -> dict[str, Any]:
    plan, packing = found.plan, found.packing
    return {
        "policy": plan.policy,
        "quantum": plan.quantum,
        "price": plan.price,
        "before": _bill_facts(found.before),
        "after": _bill_facts(found.after),
        "least_hosts": packing.least,
        "first_fit": packing.first_fit,
        "servers": [_server_facts(found, number) for number in range(len(found.servers))],
        "trials": [_trial_facts(trial) for trial in found.trials],
        "kept": not found.broken,
        "broken": list(found.broken),
    }


def _bill_facts(bill: Bill) -> dict[str, Any]:
    return {
        "hosts": bill.hosts,
        "utilization": round(float(bill.utilization), 6),
        "watts": round(float(bill.watts), 3),
        "energy_cents": round(float(bill.energy), 2),
        "units": bill.units,
        "space_cents": bill.space,
    }


def _server_facts(found: Consolidated, number: int) -> dict[str, Any]:
    server, (host, processor) = found.servers[number], found.packing.places[number]
    return {
        "name": server.wanted.name,
        "within": server.wanted.level.within,
        "percent": server.wanted.level.percent,
        "work": server.load.work(0),
        "reserve": server.terms.reserve,
        "period": server.terms.period,
        "storage": server.wanted.storage,
        "host": host,
        "processor": processor,
        "longest_wait": found.trials[-1].servers[number].paid.wait,
        "promised": list(server.promised),
    }


def _trial_facts(trial: Trial) -> dict[str, Any]:
    return {
        "name": trial.name,
        "hosts": trial.hosts,
        "span": trial.span,
        "busy": [{"host": h, "processor": p, "steps": steps} for (h, p), steps in trial.busy.items()],
        "servers": [_seen_facts(seen) for seen in trial.servers],
        "neighbours": [_paid_facts(paid) for paid in trial.neighbours],
    }


def _seen_facts(seen: Seen) -> dict[str, Any]:
    percents = {str(p): percentile(seen.latencies, p) for p in PERCENTS}
    return {**_paid_facts(seen.paid), "percentiles": percents, "latencies": list(seen.latencies)}


def _paid_facts(paid: Paid) -> dict[str, Any]:
    names = ("name", "steps", "exits", "turns", "charged", "debt", "waited")
    return {name: getattr(paid, name) for name in names}
