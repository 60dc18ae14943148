"""Lab 5: the three machines have the culprit that their check says, and the guard that it writes mends them."""

import pytest

from isa.machines.catalogue import find
from proofs.terms.solving import Found
from proofs.verdict.verification import verify
from trapline.labs.checks.escaping import breaks, guarded

CULPRITS = {"g3_sgdt": "rrel", "g3_popf": "setie", "g3_jrst": "jrst"}


@pytest.mark.nightly
def test_a_culprit_is_one_only_where_it_has_no_guard() -> None:
    isa, name = find("g3_jrst"), CULPRITS["g3_jrst"]
    assert breaks(isa, name) and not breaks(isa, "lpsw")
    assert not breaks(guarded(isa, name), name)


@pytest.mark.nightly
@pytest.mark.parametrize(("machine", "name"), CULPRITS.items())
def test_with_its_guard_the_machine_keeps_theorem_1(machine: str, name: str) -> None:
    before, after = (verify(isa, 300.0, 2) for isa in (find(machine), guarded(find(machine), name)))
    assert [culprit.name for culprit in before.culprits] == [name]
    assert after.theorem1 is Found.YES
