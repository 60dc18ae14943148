"""The state block: names and slots agree, values are cut to their width, fields are bits of their word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.description import Kind
from isa.machine import Layout, MachineState
from tests.machines_to_test import EACH, G3, M16, MACHINES


@EACH
def test_every_slot_has_its_own_place_and_name(name: str) -> None:
    isa = MACHINES[name]
    layout = Layout(isa)
    taken = [n for slot in layout.slots.values() for n in range(slot.first, slot.first + slot.count)]
    assert taken == list(range(layout.length))
    assert len(layout.names) == len(set(layout.names)) == layout.length
    kept = [s.name for s in isa.states.values() if s.kind in (Kind.SCALAR, Kind.ARRAY)]
    assert list(layout.slots) == kept
    for state in kept:
        slot = layout.slots[state]
        names = layout.names[slot.first : slot.first + slot.count]
        cells = tuple(f"{state}[{i}]" for i in range(slot.count))
        assert names == ((state,) if isa.states[state].kind is Kind.SCALAR else cells)


@EACH
@given(data=st.data())
def test_what_is_set_is_there_cut_to_its_width_and_nothing_else_changes(name: str, data: st.DataObject) -> None:
    isa = MACHINES[name]
    state = MachineState(Layout(isa))
    for scalar in isa.scalars():
        state[scalar.name] = data.draw(st.integers(0, (1 << scalar.width) - 1))
    before = state.block.tolist()
    chosen = data.draw(st.sampled_from([s.name for s in isa.scalars()]))
    value = data.draw(st.integers(-(1 << 70), 1 << 70))
    state[chosen] = value
    width, slot = isa.states[chosen].width, state.layout.slots[chosen].first
    assert state[chosen] == value % (1 << width) == state.block[slot]
    assert [v for i, v in enumerate(state.block) if i != slot] == [v for i, v in enumerate(before) if i != slot]


@given(whole=st.integers(0, 2**32 - 1), mode=st.integers(-3, 3), enabled=st.integers(0, 5))
def test_a_field_is_bits_of_its_word(whole: int, mode: int, enabled: int) -> None:
    state = MachineState(Layout(G3))
    state["psw"] = whole
    assert (state["psw.mode"], state["psw.ie"]) == (whole & 1, whole >> 1 & 1)
    state["psw.mode"] = mode
    state["psw.ie"] = enabled
    assert state["psw"] == whole & ~3 | mode & 1 | (enabled & 1) << 1


@given(cells=st.lists(st.integers(-(1 << 40), 1 << 40), min_size=4, max_size=4))
def test_a_register_file_is_a_list(cells: list[int]) -> None:
    state = MachineState(Layout(M16))
    state["g"] = cells
    assert state["g"] == [c % (1 << 16) for c in cells]


def test_a_list_is_a_copy() -> None:
    state = MachineState(Layout(M16))
    cells = state["g"]
    assert isinstance(cells, list)
    cells[0] = 5
    assert state["g"] == [0, 0, 0, 0]


@pytest.mark.parametrize("name", ["nothing", "psw.nothing", "pc.low", "storage", "port", "", "psw."])
def test_names_that_the_machine_does_not_have(name: str) -> None:
    state = MachineState(Layout(G3))
    if name == "psw.":
        assert state[name] == state["psw"]
        return
    with pytest.raises(KeyError):
        state[name]
    with pytest.raises(KeyError):
        state[name] = 1


def test_a_register_file_takes_as_many_values_as_it_has_cells() -> None:
    with pytest.raises(ValueError, match="x has 16 cells, not 3"):
        MachineState(Layout(G3))["x"] = [1, 2, 3]


def test_new_state_is_zero() -> None:
    assert not any(MachineState(Layout(G3)).block)
