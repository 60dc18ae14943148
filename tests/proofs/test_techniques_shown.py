"""What `verify` says of techniques is what guests do: where one is right random guests run alike, where it is wrong one
guest shows it. On every shipped machine; a few of them by day."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from random import Random

import pytest

from isa.description import Isa
from isa.engines.choice import bare
from isa.ir.fold import negate
from isa.ir.nodes import Expr
from isa.machines.catalogue import find, shipped
from monitor.techniques import HYBRID, TECHNIQUES, TRAP, Technique
from monitor.techniques.technique import Condition
from proofs.runs.broken import Property
from proofs.runs.compare import compare
from proofs.runs.generation import generator
from proofs.runs.properties import STEPS, Tally, maker, tally
from proofs.terms.solving import Found
from proofs.variants.starts import assumed
from proofs.verdict.published import published
from proofs.verdict.techniques import judgement
from proofs.witness.finding import Sound, Witness, Witnesses
from tests.proofs.verdict_machines import verified_once
from tests.sizes import sized

GUESTS = sized(6, 300)
THEOREMS = {  # 1 and 3, of each machine
    "g3": (True, True),
    "g3_jrst": (False, True),
    "g3_sgdt": (False, False),
    "g3_popf": (False, True),
    **{name: machine.exact for name, machine in published().items()},
}
SHOWN_BY = {  # of each machine that a technique is wrong on, an instruction with a guest that is found soon
    "trap": {
        "g3_jrst": "jrst",
        "g3_sgdt": "rrel",
        "g3_popf": "setie",
        "pdp10": "jrst.1",
        "pdp10_flags": "jsp",
        "mc68000": "move.from.sr",
        "mc68000_interrupts": "move.from.sr",
        "arm": "mrs",
        "arm_interrupts": "mrs",
        "pentium": "lar",
        "pentium_umip": "lar",
        "vax": "movpsl",
    },
    "hybrid": {
        "g3_sgdt": "rrel",
        "mc68000_interrupts": "move.from.sr",
        "arm_interrupts": "mrs",
        "pentium": "lar",
        "pentium_umip": "lar",
        "vax": "movpsl",
    },
}
PLAIN = [t for t in TECHNIQUES.values() if not t.replaces]  # those that take any guest as it is
BY_DAY = {("hybrid", "vax")}
RUN_BY_DAY = {"g3_popf", "vax_vm"}


def right(machine: str) -> list[Technique]:
    theorem1, theorem3 = THEOREMS[machine]
    holds = {"trap": theorem1, "hybrid": theorem3, "interpret": True}
    return [TECHNIQUES[name] for name in holds if holds[name]]


def wrong() -> list[tuple[str, str]]:
    return [(t.name, m) for t in PLAIN for m in shipped() if t not in right(m)]


def ran(isa: Isa, technique: Technique, guests: int = GUESTS) -> Tally:
    """Random guests below monitors of this technique, one to three deep. What may be interpreted is not asked here."""
    seeds = list(islice(begun(isa), guests))
    return tally(isa, seeds, may_interpret=lambda name: True, monitor=maker((technique,)), failures=1)


def begun(isa: Isa) -> Iterator[int]:
    """Guests that begin in a state in which what the description assumes holds."""
    make = generator(isa)
    for seed in count():
        guest = make.guest(Random(seed), STEPS)
        machine = bare(isa, guest.storage(), seed=guest.seed)
        guest.start(machine)
        if assumed(isa, machine):
            yield seed


@pytest.mark.nightly
@pytest.mark.parametrize("machine", shipped())
def test_verify_says_so(machine: str) -> None:
    found = verified_once(find(machine))
    answers = {t.name: judgement(found, t.name).right for t in PLAIN}
    assert answers == {t.name: Found.YES if t in right(machine) else Found.NO for t in PLAIN}


@pytest.mark.parametrize(
    "machine", [pytest.param(m, marks=() if m in RUN_BY_DAY else pytest.mark.nightly) for m in shipped()]
)
def test_where_a_technique_is_right_random_guests_run_alike(machine: str) -> None:
    for technique in right(machine):
        found = ran(find(machine), technique)
        assert found.holds and len(found.runs) == GUESTS, (technique.name, found.failures)


def test_there_is_an_instruction_for_each_that_is_wrong() -> None:
    assert [(name, m) for name in SHOWN_BY for m in shipped() if m in SHOWN_BY[name]] == wrong()


@pytest.mark.parametrize(
    ("technique", "machine"), [pytest.param(*w, marks=() if w in BY_DAY else pytest.mark.nightly) for w in wrong()]
)
def test_where_it_is_wrong_a_guest_shows_it(technique: str, machine: str) -> None:
    isa, culprit = find(machine), SHOWN_BY[technique][machine]
    found = Witnesses(isa, timeout=200.0, technique=TECHNIQUES[technique]).against(culprit)
    assert isinstance(found, Witness) and found.monitor == technique, found
    seen = compare(found.setup(isa), 1000).divergence
    assert seen is not None and (seen.step, seen.pc) == (found.divergence.step, found.divergence.pc)


@pytest.mark.nightly
def test_a_guest_against_one_technique_is_none_against_those_that_are_right() -> None:
    isa = find("g3_popf")
    found = Witnesses(isa).against("setie")
    assert isinstance(found, Witness)
    for technique in PLAIN:
        made = replace(found.setup(isa), monitors=(technique,))
        assert compare(made, 1000).equivalent == (technique in right("g3_popf"))
    for technique in right("g3_popf"):
        assert isinstance(Witnesses(isa, technique=technique).against("setie"), Sound)


# ---- random guests do find what is wrong


def inverted(isa: Isa) -> Expr:
    return negate(HYBRID.direct(isa))


@pytest.mark.parametrize("direct", [pytest.param(TRAP.direct, marks=pytest.mark.nightly), inverted])
def test_random_guests_find_a_technique_that_lets_through_too_much(direct: Condition) -> None:
    found = ran(find("arm"), Technique("planted", "lets too much through", direct), 60)
    assert [failure.which for failure in found.failures] == [Property.EQUIVALENCE]
