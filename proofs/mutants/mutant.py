"""What a mutant is, the checks that must refute it, and running them in workers."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from itertools import islice

from isa.description import Isa
from isa.errors import Source
from isa.language.library import Library
from isa.machine.time import Time, time_of
from isa.machines.catalogue import find, shipped
from monitor.core import Core
from proofs.obligations.deciding import decided
from proofs.obligations.sampling import tried
from proofs.obligations.statements import Obligation, obligations
from proofs.terms.solving import Found
from proofs.terms.workers import Limits, Lost, Progress, answers, no_progress

STATES = 3000  # that a check on numbers may try for one obligation
QUESTION = 20.0  # seconds for one question to the solver
HASTE = 1.0  # the same at first: what a mistake leaves true may take longer than finding what it makes false
EACH = 60.0  # seconds for all checks of one mutant
SHOWN = 6  # values of a counterexample that are shown


@dataclass(frozen=True)
class Check:
    """`run` gives a counterexample in words, or None if the mutant survives it."""

    name: str
    run: Callable[[], str | None]


@dataclass(frozen=True)
class Mutant:
    """`kind` is what it changes; `what` says how, as a sentence without its subject."""

    kind: str
    name: str
    what: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One check of one mutant; `shown` is empty if the mutant survived it."""

    kind: str
    name: str
    what: str
    check: str
    shown: str
    seconds: float
    why: str = ""


def run(mutants: Sequence[Mutant], timeout: float, workers: int = 2, progress: Progress = no_progress) -> list[Result]:
    """Every check of every mutant, within `timeout` seconds in all. `progress` is told how many mutants are done."""
    found = answers([partial(_results, m) for m in mutants], Limits(timeout, EACH, workers), progress)
    pairs = zip(mutants, found, strict=True)
    return [r for m, rs in pairs for r in (_lost(m, rs.reason) if isinstance(rs, Lost) else rs)]


def refuted(results: Iterable[Result]) -> bool:
    """Whether no mutant survived a check."""
    return all(result.shown for result in results)


def _results(mutant: Mutant) -> list[Result]:
    found = []
    for check in mutant.checks:
        began = time.perf_counter()
        shown = check.run() or ""
        seconds = time.perf_counter() - began
        found.append(Result(mutant.kind, mutant.name, mutant.what, check.name, shown, seconds))
    return found


def _lost(mutant: Mutant, reason: str) -> list[Result]:
    return [Result(mutant.kind, mutant.name, mutant.what, check.name, "", 0.0, reason) for check in mutant.checks]


# ---- machines


@cache
def machine(name: str) -> Isa:
    """A shipped machine, or one of `planted.isa`."""
    return find(name) if name in shipped() else _planted().load(name)


@cache
def _planted() -> Library:
    return Library.of(Source("planted.isa", files("proofs.mutants").joinpath("planted.isa").read_text("utf-8")))


def news(isa: Isa) -> list[str]:
    """The instructions that a variant has and its parent has not, or not in this form."""
    assert isa.parent is not None
    old = machine(isa.parent).instructions
    return [n for n, i in isa.instructions.items() if n not in old or old[n].behaviour != i.behaviour]


# ---- checks


Make = Callable[[], tuple[Core, Time | None]]
Topic = Callable[[Isa], str]


def both_ways(make: Make, topic: Topic, *theorems: str) -> tuple[Check, ...]:
    """The two checks of whatever obligations of the shipping list speak of."""

    def owed() -> Iterable[Obligation]:
        core, law = make()
        return obligations(core, law or time_of(core.isa), topic(core.isa))

    return refuting(owed, *theorems)


def refuting(owed: Callable[[], Iterable[Obligation]], *theorems: str) -> tuple[Check, ...]:
    """Two checks, by proof and on numbers: one of the theorems must refute something that is owed."""

    def first(*asks: Callable[[Obligation], str | None]) -> str | None:
        chosen = [o for o in owed() if o.theorem in theorems]
        return next((shown for ask in asks for o in chosen if (shown := ask(o))), None)

    named = " or ".join(theorems)
    return (
        Check(f"proof of {named}", lambda: first(partial(proved_wrong, HASTE), partial(proved_wrong, QUESTION))),
        Check(f"numbers for {named}", lambda: first(tried_wrong)),
    )


def proved_wrong(limit: float, obligation: Obligation) -> str | None:
    found = decided(obligation, limit)
    return _told(obligation, found.shown) if found.refuted is Found.YES else None


def tried_wrong(obligation: Obligation) -> str | None:
    found = tried(obligation, STATES)
    return _told(obligation, found.shown) if found.refuted else None


def _told(obligation: Obligation, shown: tuple[tuple[str, str], ...]) -> str:
    values = ", ".join(f"{name} = {value}" for name, value in islice(shown, SHOWN))
    return f"{obligation.about}: {values}{', ...' * (len(shown) > SHOWN)}"
