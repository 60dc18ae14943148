"""The validity table: every shipped description obeys it, and each rule is broken by something."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from isa.description import Enumeration
from isa.ir.fold import const, eq, negate
from isa.ir.nodes import (
    FALSE,
    TRUE,
    Apply,
    Behaviour,
    Const,
    Element,
    Expr,
    Load,
    Origin,
    Param,
    Read,
    Recv,
    Send,
    SetElement,
    Size,
    Store,
    TrapIf,
    Unknown,
    Write,
)
from isa.language.shipped import names_in
from isa.machines.catalogue import find, shipped
from isa.passes.validity import EXPRESSIONS, PARTS, Context, behaviour_faults, faults, instruction_faults, mode_faults

MACHINES = [  # the first of each file
    f"{path}:{names_in(path.read_text())[0][0]}"
    for path in sorted((Path(__file__).parents[1] / "machines").glob("*.isa"))
]


@pytest.mark.parametrize("name", shipped() + MACHINES)
def test_shipped_machines_are_well_formed(name: str) -> None:
    assert faults(find(name)) == []


ISA = find("g3")
HERE = Context(ISA, {"d": 4})
X, D = Param(32, "x"), Param(4, "d")
W, HIGH, BIT = const(32, 7), const(33, 0), const(1, 0)


def value(e: Expr) -> Behaviour:
    return Behaviour((), (Store(TRUE, W, e),))


def trap(guard: Expr = TRUE, cause: int = 1, info: Expr = W, origin: Origin = Origin.BODY) -> TrapIf:
    return TrapIf(guard, cause, info, origin)


RECV = Recv(32, "port", const(4, 0))
SAFE = negate(eq(D, const(4, 0)))

BROKEN: list[tuple[Behaviour, str]] = [
    (value(Const(32, 1 << 32)), "a constant fits"),
    (value(Const(32, -1)), "a constant fits"),
    (value(Read(32, "nothing")), "a read names a scalar"),
    (value(Read(32, "x")), "a read names a scalar"),
    (value(Read(16, "pc")), "a scalar is read whole"),
    (value(Element(32, "x", W)), "an element has"),
    (value(Element(16, "x", D)), "an element has"),
    (value(Load(32, D)), "a load takes"),
    (value(Load(16, W)), "a load takes"),
    (value(Size(16)), "the size of storage"),
    (value(Param(32, "d")), "a parameter is known"),
    (value(Param(32, "other")), "a parameter is known"),
    (value(Recv(32, "port", W)), "a receive has"),
    (value(Unknown(0, 1)), "an unknown has bits"),
    (value(Apply(32, "nothing", (W,), 0)), "typing rule"),
    (value(Apply(32, "add", (W,), 0)), "typing rule"),
    (value(Apply(32, "add", (W, BIT), 0)), "typing rule"),
    (value(Apply(16, "add", (W, W), 0)), "typing rule"),
    (value(Apply(32, "slice", (W,), 1)), "a slice lies inside"),
    (value(Apply(16, "zext", (W,), 0)), "a slice lies inside"),
    (value(Apply(32, "add", (W, W), 3)), "a slice lies inside"),
    (value(Apply(65, "zext", (W,), 0)), "at most 64 bits"),
    (Behaviour((), (Store(FALSE, W, W),)), "a guard is a truth value"),
    (Behaviour((), (Write(BIT, "pc", 0, W),)), "a guard is a truth value"),
    (Behaviour((trap(cause=15),)), "a trap's cause"),
    (Behaviour((trap(info=BIT),)), "a trap's info"),
    (Behaviour((), (Write(TRUE, "pc", 1, W),)), "a write lies inside"),
    (Behaviour((), (Write(TRUE, "x", 0, W),)), "a write lies inside"),
    (Behaviour((), (Write(TRUE, "pc", 0, TRUE),)), "a written value has bits"),
    (Behaviour((), (SetElement(SAFE, "x", D, BIT),)), "a cell is written"),
    (Behaviour((), (SetElement(TRUE, "x", D, W),)), "fixed at zero"),
    (Behaviour((), (SetElement(TRUE, "x", const(4, 0), W),)), "fixed at zero"),
    (Behaviour((), (Store(TRUE, D, W),)), "a store takes words"),
    (Behaviour((), (Send(TRUE, "port", W, W),)), "a send has"),
    (Behaviour((trap(), trap(origin=Origin.PROLOGUE))), "in the order"),
    (Behaviour((), (Send(TRUE, "port", D, RECV),)), "at most one channel"),
    (Behaviour((trap(info=RECV),), (Store(TRUE, W, RECV),)), "a received word reaches"),
    (value(Load(32, Apply(32, "add", (RECV, W), 0))), "a received word reaches"),
    (Behaviour((), (Store(TRUE, RECV, W),)), "a received word reaches"),
]


@pytest.mark.parametrize(("behaviour", "rule"), BROKEN)
def test_a_rule_that_is_broken_is_named(behaviour: Behaviour, rule: str) -> None:
    found = behaviour_faults(behaviour, HERE)
    assert found and rule in found[0]


def test_what_keeps_the_rules_passes() -> None:
    sound = Behaviour((trap(),), (SetElement(SAFE, "x", D, RECV), Write(TRUE, "psw", 1, BIT), Store(TRUE, W, W)))
    assert behaviour_faults(sound, HERE) == []
    assert behaviour_faults(sound, HERE, channels=False) == [
        "at most one channel operation in an instruction, and none elsewhere"
    ]


def test_expressions_may_not_be_too_deep() -> None:
    e: Expr = W
    for _ in range(300):
        e = Apply(32, "not", (e,), 0)
    assert behaviour_faults(value(e), HERE) == ["an expression is more than 200 levels deep"]


def test_every_rule_has_something_that_breaks_it() -> None:
    rules = {text for table in (EXPRESSIONS, PARTS) for row in table.values() for _, text in row}
    told = [fault for behaviour, _ in BROKEN for fault in behaviour_faults(behaviour, HERE)]
    assert [rule for rule in rules if not any(fault.endswith(rule) for fault in told)] == []


def test_the_bits_of_an_encoding_add_up() -> None:
    sound = next(i for i in ISA.instructions.values() if len(i.uses) == 3)
    assert instruction_faults(sound, ISA) == []
    assert "make up the word" in instruction_faults(replace(sound, uses=sound.uses[:2]), ISA)[0]
    assert "shares bits" in instruction_faults(replace(sound, uses=sound.uses * 2), ISA)[0]
    assert "make up the word" in instruction_faults(replace(sound, match=sound.uses[0].deposit(1)), ISA)[0]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"states": {k: s for k, s in ISA.states.items() if k != "psw"}}, "one place is the mode"),
        ({"ruling": ("kernel",)}, "what counts as supervisor is a mode"),
        ({"ruling": ()}, "some modes count as supervisor, and some do not"),
        ({"ruling": ("supervisor", "user")}, "some modes count as supervisor, and some do not"),
        ({"enums": {**ISA.enums, "Mode": Enumeration("Mode", 2, {"supervisor": 0, "user": 2})}}, "every mode fits"),
    ],
)
def test_the_modes_keep_their_rules(change: dict[str, Any], rule: str) -> None:
    (found,) = mode_faults(replace(ISA, **change))
    assert rule in found
