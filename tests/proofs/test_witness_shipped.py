"""A witness for every culprit of every shipped machine: run again, the two machines part at it."""

import pytest

from isa.machines.catalogue import find, shipped
from proofs.definitions.classification import subjects
from proofs.definitions.exact import exact
from proofs.terms.solving import Found
from proofs.witness.finding import Unreached, Witness, Witnesses
from tests.proofs.test_witness import check

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

ARM = """ldm.user stm.user mrs msr cps rfe srs ldm.pc mrs.spsr msr.spsr adcs.pc adds.pc ands.pc bics.pc eors.pc movs.pc
    mvns.pc orrs.pc rsbs.pc rscs.pc sbcs.pc subs.pc ldrt ldrbt strt strbt"""
CULPRITS = {
    "g3_jrst": "jrst",
    "g3_sgdt": "rrel",
    "g3_popf": "setie",
    "pdp10": "jrst.1",
    "pdp10_flags": "jrst.1 jsp jrstf",
    "mc68000": "move.from.sr",
    "mc68000_interrupts": "move.from.sr",
    "arm": ARM,
    "arm_interrupts": "mrs msr",
    "pentium": "sgdt popf lar mov.from.seg",
}
SLOW = {
    "pentium": "sidt sldt smsw str pushf lsl verr verw push.seg",
    "pentium_umip": "pushf popf lar lsl verr verw mov.from.seg push.seg",
}
ALL = [(machine, name) for machine, names in CULPRITS.items() for name in names.split()]
ALIKE = {("arm", name) for i, name in enumerate(ARM.split()) if i % 8}  # there are many of a kind
BY_NAME = [culprit for culprit in ALL if culprit not in ALIKE]
SLOWLY = [(machine, name) for machine, names in SLOW.items() for name in names.split()] + sorted(ALIKE)


def parts_the_machines(machine: str, name: str) -> None:
    isa = find(machine)
    found = Witnesses(isa).against(name)
    assert isinstance(found, Witness), found
    check(isa, found)


@pytest.mark.parametrize(("machine", "name"), BY_NAME)
def test_a_culprit_has_a_witness(machine: str, name: str) -> None:
    parts_the_machines(machine, name)


@pytest.mark.nightly
@pytest.mark.parametrize(("machine", "name"), SLOWLY)
def test_a_culprit_that_takes_longer_or_is_like_others_has_a_witness(machine: str, name: str) -> None:
    parts_the_machines(machine, name)


@pytest.mark.nightly
@pytest.mark.parametrize("machine", shipped())
def test_there_is_a_witness_exactly_where_the_exact_question_fails(machine: str) -> None:
    isa = find(machine)
    witnesses = Witnesses(isa)
    for what in subjects(isa):
        found, asked = witnesses.against(what.name), exact(witnesses.core, what, 60)
        if isinstance(found, Witness):
            check(isa, found)
        assert isinstance(found, Witness | Unreached) == (asked.fails is Found.YES), (what.name, found, asked)
