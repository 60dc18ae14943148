"""The shipped machines and the sample of the design load, and mean what the text says."""

import pytest

from isa.description import Role
from isa.errors import TraplineError, UsageError
from isa.ir.nodes import Load, Origin, Recv, SetElement, nodes
from isa.machines.catalogue import describe, find, shipped


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_machine_loads(name: str) -> None:
    isa = find(name)
    assert isa.name == name
    assert isa.fetch.word.width == isa.word
    assert isa.the(Role.MODE).width >= 1
    assert all(i.match & ~i.mask == 0 for i in isa.instructions.values())


def test_a_description_is_listed_without_being_checked() -> None:
    assert [name for name, _, _ in describe()] == shipped()
    assert ("g3_jrst", "g3") in [(name, parent) for name, parent, _ in describe()]


def test_a_near_name_is_proposed() -> None:
    with pytest.raises(UsageError) as caught:
        find("g3_jrts")
    assert caught.value.help == "did you mean `g3_jrst`?"


def test_a_file_that_is_missing() -> None:
    with pytest.raises(TraplineError, match=r"cannot read `no_such\.isa`"):
        find("no_such.isa")


def test_a_machine_of_a_file_by_name(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "own.isa"
    path.write_text('variant own of g3_jrst "Mine." { delete instr jrst }')
    isa = find(f"{path}:own")
    assert (isa.name, isa.parent, isa.doc) == ("own", "g3_jrst", "Mine.")
    assert isa.instructions.keys() == find("g3").instructions.keys()
    with pytest.raises(UsageError, match="no machine called `other`"):
        find(f"{path}:other")


def test_the_traps_of_a_step_know_where_they_are_raised() -> None:
    isa = find("g3")
    step = isa.step(next(i for i in isa.instructions.values() if i.behaviour.traps).behaviour)
    origins = [t.origin for t in step.traps]
    assert origins == sorted(origins, key=list(Origin).index)
    assert isa.fetch.traps[0].view == "mem"
    assert {t.origin for t in isa.unassigned.traps} == {Origin.DECODE}


def test_writes_to_a_zero_cell_are_guarded() -> None:
    for instruction in find("g3").instructions.values():
        for effect in instruction.behaviour.effects:
            if isinstance(effect, SetElement):
                assert effect.guard.width == 0
                assert any(n is effect.index for n in nodes(effect.guard))


def test_accesses_and_channels_reach_the_behaviour() -> None:
    kinds = {type(n) for i in find("g3").instructions.values() for n in nodes(*i.behaviour.expressions())}
    assert {Load, Recv} <= kinds


def test_texts_tell_a_machine_in_its_own_words() -> None:
    texts = find("g3").texts
    assert list(texts) == ["view mem[va]", "on reset", "on trap", "step", "def privileged()", "def branch(taken, k)"]
    assert texts["def branch(taken, k)"] == "pc <- pc + 1 + k when taken"
    assert texts["on trap"].startswith("# Store the old status") and "\nstorage[0] <- pc;" in texts["on trap"]
