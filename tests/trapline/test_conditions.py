"""Conditions: what names and brackets mean on bare and virtual machines, and what is said of those that mean none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.devices import Ports
from isa.engines.choice import bare
from isa.errors import SourceError
from isa.machine import Machine, Storage
from monitor.monitor import tower
from tests.machines_to_test import G3, M16
from trapline.debugging.conditions import LONGEST, Condition

PROGRAM = """
        .equ  TEN, 10
        .org  16
start:  set   r1, 7
        set   sp, 100
        sw    r1, counter(r0)
        lpsw  user(r0)
user:   .word loop, 1, 0, 0x1000
counter: .word 3
loop:   addi  r1, r1, 1
        b     loop
"""


def machine(depth: int = 0, steps: int = 4) -> Machine:
    made = tower(G3, 4096, depth, Ports({})) if depth else bare(G3, Storage(32, 4096))
    made.load(assemble(G3, PROGRAM, "conditions"))
    made.run(steps)
    return made


SYMBOLS = assemble(G3, PROGRAM, "conditions").symbols


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("r1", 7),
        ("sp + TEN", 110),
        ("[counter]", 7),
        ("[user + 1] == user", 0),
        ("[user + 1] == Mode.user", 1),
        ("[[counter] + 9] == [16]", 1),
        ("[counter][1:0]", 3),
        ("psw.mode == Mode.user && pc == loop", 1),
        ("virtual.psw.mode == supervisor", 0),
        ("step == 4 || step < 0", 1),
        ("(r1 + [counter]) * 2", 28),
    ],
)
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_value_is_that_of_the_machine_at_any_depth(text: str, value: int, depth: int) -> None:
    assert Condition(text, G3, SYMBOLS).value(machine(depth)) == value


def test_the_real_side_is_the_machine_at_the_bottom() -> None:
    base, bound = Condition("real.base", G3), Condition("real.bound == virtual.bound", G3)
    assert base.value(machine()) == 0 and bound(machine())
    for depth in (1, 2):
        made = machine(depth, 5)
        assert base.value(made) == made.hosts[-1].state["base"] > 0
        assert made.state["base"] == 0


def test_a_symbol_of_the_program_goes_before_a_state_of_the_same_name() -> None:
    made = machine()
    assert Condition("base", G3, {"base": 99}).value(made) == 99
    assert Condition("virtual.base", G3, {"base": 99}).value(made) == 0


def test_registers_are_those_of_any_machine() -> None:
    made = bare(M16, Storage(16, 256))
    file = next(s for s in M16.states.values() if s.count > 1)
    values = list(range(5, 5 + file.count))
    made.state[file.name] = [0 if i in file.zero else v for i, v in enumerate(values)]
    style = next(o.style for o in M16.operands.values() if o.is_register)
    cell = next(i for i in range(file.count) if i not in file.zero)
    assert Condition(style % cell, M16).value(made) == 5 + cell


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "a condition is missing"),
        ("pc == ", 6, "a value is missing"),
        ("pc == lop", 7, "`lop` is no symbol"),
        ("psw.mod == 1", 1, "`psw.mod` is no symbol"),
        ("real.loop", 1, "`real.loop` is no symbol"),
        ("[counter", 1, "`[` is not closed"),
        ("counter]", 8, "closes nothing"),
        ("pc pc", 4, "is not expected here"),
        ("1\n2", 1, "a condition is one line"),
        ("1" * (LONGEST + 1), 1, f"at most {LONGEST} characters"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, column: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        Condition(text, G3, SYMBOLS)
    (diagnostic,) = caught.value.diagnostics
    assert message in diagnostic.message and diagnostic.span.column == column


@pytest.mark.parametrize("text", ["[4096]", "[0 - 1]", "1 / r0", "1 << 500"])
def test_what_has_no_value_is_told_when_it_is_asked(text: str) -> None:
    condition = Condition(text, G3)
    with pytest.raises(SourceError):
        condition(machine())


@given(st.text("pc r1[]()+-*/%&|<>=!~.:0123 x,'\"", max_size=30))
def test_any_text_is_a_condition_or_explained(text: str) -> None:
    try:
        Condition(text, G3, SYMBOLS)(machine(0, 0))
    except SourceError as error:
        assert error.diagnostics
