"""The machines that properties run on, loaded once. Tests take their names, since a machine is long to print."""

from pathlib import Path

import pytest

from isa.catalogue import find
from isa.description import Isa

G3 = find("g3")
M16 = find(str(Path(__file__).parent / "machines" / "m16.isa"))
MACHINES: dict[str, Isa] = {isa.name: isa for isa in (G3, M16)}
EACH = pytest.mark.parametrize("name", MACHINES)
