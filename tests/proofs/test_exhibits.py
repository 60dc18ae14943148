"""A counterexample shows everything that it depends on: what it leaves out may be anything, and the end is the same."""

import random
import re
from collections.abc import Iterator

import pytest
import z3

import proofs.verdict.exhibits
from isa.description import Isa, Kind, Place
from isa.engines.choice import bare
from isa.machine import Machine, Storage
from isa.machines.catalogue import find
from monitor.core import Core
from proofs.definitions.classification import Subject, subjects
from proofs.definitions.dependence import Exhibit, Value, parts
from proofs.definitions.exact import TRIABLE
from proofs.definitions.exact import shown as shown_in
from proofs.definitions.mapping import mapped
from proofs.terms.words import STATUS, number, place_name, state_places
from proofs.verdict.exhibits import exhibit
from tests.ir_evaluation import Evaluation
from tests.proofs.verdict_machines import machine, verified
from trapline.reports.verification_facts import verification_facts

CELL = re.compile(r"(\w+)\[(\d+|0x[0-9a-f]+)\]")
CULPRITS = [
    ("keys", "compared_keys", "wkey"),
    ("keys", "compared_keys", "cmpk"),
    ("keys", "shown_key", "rkey"),
    ("", "g3_popf", "setie"),
    ("", "g3_jrst", "jrst"),
]


def shown(file: str, name: str, instruction: str) -> tuple[Subject, Exhibit]:
    isa = machine(file, name) if file else find(name)
    what = next(s for s in subjects(isa) if s.name == instruction)
    return what, exhibit(Core(isa), what, 60.0)


def put(at: Machine, value: Value) -> None:
    """Set the part of a machine that a value names."""
    places = {place_name(at.isa, place): place for place in parts(at.isa)}
    if value.name in places:
        _deposit(at, places[value.name], value.number)
    elif found := CELL.fullmatch(value.name):
        name, index = found[1], int(found[2], 0)
        if name == at.isa.storage.name:
            at.storage.write(index, [value.number])
        else:
            at.state.block[at.state.layout.slots[name].first + index] = value.number


def _deposit(at: Machine, place: Place, value: int) -> None:
    slot, mask = at.state.layout.slots[place.state].first, (1 << place.width) - 1 << place.low
    at.state.block[slot] = at.state.block[slot] & ~mask | value << place.low


def get(at: Machine, name: str) -> int:
    for place in parts(at.isa):
        if place_name(at.isa, place) == name:
            whole = at.state.block[at.state.layout.slots[place.state].first]
            return whole >> place.low & (1 << place.width) - 1
    found = CELL.fullmatch(name)
    assert found
    if found[1] == at.isa.storage.name:
        return at.storage.load(int(found[2], 0))
    return at.state.block[at.state.layout.slots[found[1]].first + int(found[2], 0)]


def filled(isa: Isa, size: int, seed: int) -> Machine:
    """A machine in any state."""
    at, fill = bare(isa, Storage(isa.word, size)), random.Random(seed)
    for state in isa.states.values():
        if state.kind in (Kind.SCALAR, Kind.ARRAY):
            first = at.state.layout.slots[state.name].first
            for index in range(state.count):
                at.state.block[first + index] = 0 if index in state.zero else fill.getrandbits(state.width)
    return at


def ends(what: Subject, told: Exhibit, seed: int, real: bool = False) -> Iterator[tuple[str, int]]:
    """What the step makes of the parts that differ, from a state with what is told and anything else."""
    values = {v.name: v for v in (*told.state, *(told.real if real else ()))}
    at = filled(what.isa, values[f"size({what.isa.storage.name})"].number, seed)
    for value in values.values():
        put(at, value)
    trap = Evaluation(at, {v.name: v.number for v in told.operands}).perform(what.step)
    assert (trap is not None) == any("bare it traps" in remark for remark in told.remarks)
    yield from ((d.was.name, get(at, d.was.name)) for d in told.differences)


def holds(what: Subject, told: Exhibit) -> bool:
    expected = [(d.was.name, d.bare.number) for d in told.differences]
    return all(list(ends(what, told, seed)) == expected for seed in range(4))


@pytest.mark.parametrize(("file", "name", "instruction"), CULPRITS)
def test_what_is_not_told_may_be_anything(file: str, name: str, instruction: str) -> None:
    what, told = shown(file, name, instruction)
    assert told and (told.differences or told.remarks)
    assert holds(what, told)


@pytest.mark.parametrize(("file", "name", "instruction"), CULPRITS[1:3])
def test_what_the_real_machine_has_decides_what_comes_of_it_directly(file: str, name: str, instruction: str) -> None:
    what, told = shown(file, name, instruction)
    expected = [(d.was.name, d.direct.number) for d in told.differences]
    assert all(list(ends(what, told, seed, real=True)) == expected for seed in range(4))
    assert "in the real machine " in str(told)


def test_planted_a_counterexample_that_leaves_out_what_decides_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs.verdict.exhibits, "decisive", lambda isa, read: state_places(isa, STATUS))
    what, told = shown("keys", "shown_key", "rkey")
    assert not holds(what, told)


def test_keys_are_told_in_words_and_as_data() -> None:
    found = verified("keys", "compared_keys")
    text = str(found.finding("cmpk").exhibit)
    assert re.search(r"From d = 0x\w+, pc = .*key = \w+, lock = \w+, x\[\d+\] = ", text)
    facts = {f["name"]: f["counterexample"] for f in verification_facts(found)["instructions"]}
    assert facts["add"] is None
    told = facts["cmpk"]
    assert {"key", "lock", "pc", "psw.mode", "size(storage)"} <= told["state"].keys() and told["operands"].keys() == {
        "d"
    }
    (difference,) = told["differences"]
    assert difference["name"] == f"x[{told['operands']['d']}]" and {difference["bare"], difference["direct"]} == {0, 1}
    assert (told["state"]["key"] == told["state"]["lock"]) == bool(difference["bare"])


def test_a_storage_that_is_shown_can_be_tried() -> None:
    """The solver may choose any size that fits a word; where a small storage shows the same, that is shown."""
    isa = find("g3_popf")
    before = mapped(Core(isa))
    whole = before.allocation.whole
    chosen = shown_in(before, [z3.UGE(whole, 8)], 60.0).model
    assert chosen is not None and 8 <= number(chosen, whole) <= TRIABLE
    large = shown_in(before, [z3.UGE(whole, 3 * TRIABLE)], 60.0).model
    assert large is not None and number(large, whole) >= 3 * TRIABLE
