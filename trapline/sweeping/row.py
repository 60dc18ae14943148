"""What is known of each machine of a space."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from proofs.definitions.classification import UNASSIGNED
from proofs.terms.solving import Found
from proofs.verdict.theorems import Verification
from trapline.jobs.job import Workers
from trapline.jobs.results import Results
from trapline.sweeping.asking import Asked, ask
from trapline.sweeping.machines import Machines, with_guards
from trapline.sweeping.space import Settings, Space

NOT_MENDED = "guards do not mend it"


@dataclass(frozen=True, slots=True)
class Row:
    """`theorems` are the three, as found; `culprits` break Theorem 1. `repair` are the guards that make it hold, which
    was verified; None where guards do not."""

    settings: Settings
    theorems: tuple[Found, Found, Found]
    culprits: tuple[str, ...]
    repair: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Swept:
    """The rows in the order of the space; how many questions were `asked`, and how many there would be if every machine
    were asked alone."""

    space: Space
    rows: tuple[Row, ...]
    asked: int
    needed: int


def sweep(machines: Machines, workers: Workers, results: Results, told: Callable[[int, int], None]) -> Swept:
    """Every machine of a space verified, and repaired where it fails. Raises TraplineError for a setting that is no
    change of the machine."""
    space, asked = machines.space, Asked()
    every = space.all()
    count = ask(space.path, machines, ((settings, frozenset()) for settings in every), asked, workers, results, told)
    found = {settings: asked.verdict(machines.make(settings)) for settings in every}
    mended = {s: frozenset(_names(v)) for s, v in found.items() if v and _may_be_mended(v)}
    count += ask(space.path, machines, mended.items(), asked, workers, results, told)
    rows = tuple(_row(machines, asked, settings, found[settings], mended.get(settings)) for settings in every)
    return Swept(space, rows, count, asked.needed)


def _row(
    machines: Machines, asked: Asked, settings: Settings, found: Verification | None, guards: frozenset[str] | None
) -> Row:
    assert found is not None
    repair: tuple[str, ...] | None = () if found.theorem1 is Found.YES else None
    if guards is not None:
        after = asked.verdict(with_guards(machines.make(settings), guards))
        if after is not None and after.theorem1 is Found.YES:
            repair = tuple(name for name in found.isa.instructions if name in guards)
    theorems = (found.theorem1, found.theorem2, found.theorem3)
    return Row(settings, theorems, tuple(_names(found)), repair)


def _names(found: Verification) -> Iterator[str]:
    return (culprit.name for culprit in found.culprits)


def _may_be_mended(found: Verification) -> bool:
    """Whether all that is wrong is an instruction that a guard can be put on."""
    return found.theorem1 is Found.NO and bool(found.culprits) and UNASSIGNED not in _names(found)
