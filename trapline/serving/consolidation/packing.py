"""Which server goes to which host: as few hosts as there can be, found by HiGHS (`trapline[consolidate]`).

The model is over whole numbers: a share is rounded up to so many `UNITS` of a processor. So what it finds fits exactly,
however a solver rounds; `accepted` holds it against the policy's own admission all the same.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import ceil
from typing import Any

from isa.errors import TraplineError, UsageError
from monitor.service.words import PARTS

UNITS = 27_720  # of a processor, so that simple fractions are exact
MOST_NODES = 2_000  # of the search: a number, and no time, so that the same is found everywhere

Place = tuple[int, int]  # host, processor


@dataclass(frozen=True, slots=True)
class Item:
    """What a server takes of a processor, in `PARTS`, and in words of storage."""

    share: int
    words: int
    name: str = ""

    @property
    def units(self) -> int:
        return -(-self.share * UNITS // PARTS)


@dataclass(frozen=True, slots=True)
class Bins:
    """What a host has."""

    processors: int
    words: int


@dataclass(frozen=True, slots=True)
class Packing:
    """Where each server goes; `least` is a number of hosts below which none is enough, and `first_fit` how many are
    needed if each goes where there is room, the largest first."""

    places: tuple[Place, ...]
    least: int
    first_fit: int

    @property
    def hosts(self) -> int:
        return len({host for host, _ in self.places})

    def on(self, place: Place) -> list[int]:
        """The numbers of the servers there."""
        return [number for number, its in enumerate(self.places) if its == place]


def check_available() -> None:
    """Raises UsageError where HiGHS is not installed."""
    if find_spec("highspy") is None:
        raise UsageError("`consolidate` needs HiGHS, which is not installed", "pip install 'trapline[consolidate]'")


def packed(items: Sequence[Item], bins: Bins) -> Packing:
    """Raises TraplineError if one of them fits nowhere."""
    for item in items:
        if item.words > bins.words:
            rule = f"{item.name} needs {item.words:,} words, and a host has {bins.words:,} for servers"
            raise TraplineError(rule, "give the host more `storage`, or the server less")
    first = _first_fit(items, bins)
    hosts = 1 + max(host for host, _ in first)
    found, least = _searched(items, bins, hosts)
    return Packing(_numbered(found or first), max(least, 1), hosts)


def _first_fit(items: Sequence[Item], bins: Bins) -> list[Place]:
    units: list[list[int]] = []
    words: list[int] = []
    found: dict[int, Place] = {}
    for number in sorted(range(len(items)), key=lambda n: (-items[n].units, -items[n].words, n)):
        item = items[number]
        places = [(h, p) for h in range(len(units)) for p in range(bins.processors)]
        fits = [(h, p) for h, p in places if units[h][p] >= item.units and words[h] >= item.words]
        place = fits[0] if fits else (len(units), 0)
        if place[0] == len(units):
            units.append([UNITS] * bins.processors)
            words.append(bins.words)
        units[place[0]][place[1]] -= item.units
        words[place[0]] -= item.words
        found[number] = place
    return [found[number] for number in range(len(items))]


def _searched(items: Sequence[Item], bins: Bins, hosts: int) -> tuple[list[Place] | None, int]:
    """The best that was found, if anything was, and the bound that is proved."""
    import highspy

    solver = _solver()
    places = [(h, p) for h in range(hosts) for p in range(bins.processors)]
    on = [solver.addBinary() for _ in range(hosts)]
    put = [{place: solver.addBinary() for place in places} for _ in items]
    for its in put:
        solver.addConstr(solver.qsum(its.values()) == 1)
    for host, processor in places:
        load = solver.qsum(item.units * its[host, processor] for item, its in zip(items, put, strict=True))
        solver.addConstr(load <= UNITS * on[host])
    for host in range(hosts):
        here = [(h, p) for h, p in places if h == host]
        words = solver.qsum(item.words * its[at] for item, its in zip(items, put, strict=True) for at in here)
        solver.addConstr(words <= bins.words * on[host])
        if host:
            solver.addConstr(on[host - 1] >= on[host])  # hosts are alike: the first ones are used
    solver.minimize(solver.qsum(on))
    least = ceil(solver.getInfo().mip_dual_bound - 1e-6)
    if solver.getInfo().primal_solution_status != int(highspy.SolutionStatus.kSolutionStatusFeasible):
        return None, least
    return [next(at for at, its_on in its.items() if solver.val(its_on) > 0.5) for its in put], least


def _solver() -> Any:
    """It greets on the standard output as it is made, whatever its options, where our result is to stand."""
    import highspy

    sys.stdout.flush()
    out, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        solver = highspy.Highs()
    finally:
        os.dup2(out, 1)
        os.close(out)
        os.close(nowhere)
    for option, value in {"output_flag": False, "threads": 1, "random_seed": 0, "mip_max_nodes": MOST_NODES}.items():
        solver.setOptionValue(option, value)
    return solver


def _numbered(places: Sequence[Place]) -> tuple[Place, ...]:
    """The same with hosts, and the processors of each, in the order of their first servers."""
    hosts: dict[int, dict[int, int]] = {}
    for host, processor in places:
        inside = hosts.setdefault(host, {})
        inside.setdefault(processor, len(inside))
    order = list(hosts)
    return tuple((order.index(host), hosts[host][processor]) for host, processor in places)
