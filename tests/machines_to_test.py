"""The machines that properties run on, loaded once. Tests take their names, since a machine is long to print."""

from pathlib import Path

import pytest

from isa.description import Isa
from isa.machines.catalogue import find
from proofs.definitions.assumptions import standing
from proofs.obligations.statements import THEOREMS

G3 = find("g3")
HERE = Path(__file__).parent / "machines"
M16, W64 = find(str(HERE / "m16.isa")), find(str(HERE / "w64.isa"))
MACHINES: dict[str, Isa] = {isa.name: isa for isa in (G3, M16)}
EACH = pytest.mark.parametrize("name", MACHINES)
G3_BY_DAY = pytest.mark.parametrize("name", ["g3", pytest.param("m16", marks=pytest.mark.nightly)])


def theorems_of(isa: Isa) -> set[str]:
    """Those that say something of a machine: one that assumes nothing has nothing to keep."""
    return set(THEOREMS) if standing(isa) else set(THEOREMS) - {"assumption"}
