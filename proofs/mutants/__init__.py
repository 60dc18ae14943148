"""Mistakes, planted on purpose: each must be refuted by every check that is named for it. `trapline prove --mutants`.

`mutant` says what a mutant and a check are; `cores`, `times`, `turns`, `machines` and `classifiers` list the mutants of
the monitor's core, of the time law, of a hybrid monitor's turns, of descriptions (`planted.isa` among them) and of the
classifier. Mistakes in
scheduling, devices and caches are planted by the tests of their rooms.
"""

from proofs.mutants.classifiers import CLASSIFIERS
from proofs.mutants.cores import CORES
from proofs.mutants.machines import machine_mutants
from proofs.mutants.mutant import Check, Mutant, Result, refuted, run
from proofs.mutants.times import TIMES
from proofs.mutants.turns import TURNS

__all__ = ["Check", "Mutant", "Result", "mutants", "refuted", "run"]


def mutants() -> list[Mutant]:
    """All of them, in the order of the table."""
    return [*CORES, *TIMES, *TURNS, *machine_mutants(), *CLASSIFIERS]
