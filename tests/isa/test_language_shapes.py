"""What binds tighter, which modes there are, what blocks under a condition mean, and constants in encodings."""

import pytest

from isa.description import Isa, Modes
from isa.errors import SourceError
from isa.ir.fold import add, apply, both, const, either, eq, negate, select, slice_, ult
from isa.ir.nodes import (
    Element,
    Load,
    Write,
)
from isa.language import limits, load_text
from isa.language.spelling import BINARY
from isa.passes.validity import faults
from tests.isa.toy import BASE, PC, PSW, XA, body, outside, toy

LEVELS = [["|"], ["^"], ["&"], ["<<", ">>u", ">>s"], ["+", "-"], ["*", "/u", "/s", "%u", "%s"]]


def test_every_pair_of_operators_binds_as_the_reference_says() -> None:
    level = {text: n for n, texts in enumerate(LEVELS) for text in texts}
    pairs = [(first, second) for first in level for second in level]
    code = [f'instr p{i} "" F({i + 16}) {{ pc <- psw {f} y[1] {s} y[2] }}' for i, (f, s) in enumerate(pairs)]
    isa = toy("\n".join(code))
    one, two = (Element(16, "y", const(3, n)) for n in (1, 2))
    for i, (first, second) in enumerate(pairs):
        left, right = BINARY[first].op, BINARY[second].op
        expected = apply(right, apply(left, PSW, one), two)
        if level[second] > level[first]:
            expected = apply(left, PSW, apply(right, one, two))
        (effect,) = isa.instructions[f"p{i}"].behaviour.effects
        assert isinstance(effect, Write) and effect.value is expected, (first, second)


def test_looser_operators_bind_as_the_reference_says() -> None:
    isa = toy("""
instr concat "" F(16) { pc <- psw.level ++ pc[3:0] + 1 ++ pc[3:0] << 2 }
instr compare "" F(17) { pc <- 1 when psw & 1 == 1 && pc <u 2 || !(psw.ie == 1) || y[0] == 3 && pc == 4 }
instr choose "" F(18) { pc <- if pc == 1 then 2 else if pc == 2 then 3 else 4 + 5 }
""")
    nibble = slice_(PC, 0, 4)
    joined = apply("concat", apply("concat", slice_(PSW, 8, 8), add(nibble, const(4, 1))), nibble)
    (effect,) = isa.instructions["concat"].behaviour.effects
    assert isinstance(effect, Write) and effect.value is apply("shl", joined, const(16, 2))
    (effect,) = isa.instructions["compare"].behaviour.effects
    first = both(eq(apply("and", PSW, const(16, 1)), const(16, 1)), ult(PC, const(16, 2)))
    last = both(eq(Element(16, "y", const(3, 0)), const(16, 3)), eq(PC, const(16, 4)))
    assert effect.guard is either(either(first, negate(eq(slice_(PSW, 0, 1), const(1, 1)))), last)
    (effect,) = isa.instructions["choose"].behaviour.effects
    inner = select(eq(PC, const(16, 2)), const(16, 3), const(16, 9))
    assert isinstance(effect, Write) and effect.value is select(eq(PC, const(16, 1)), const(16, 2), inner)


def moded(role: str, members: str) -> Isa:
    """The toy with other modes."""
    return load_text(
        BASE.replace("@mode", role)
        .replace("{ supervisor = 1, user = 2 }", members)
        .replace("psw.mode <- supervisor; ", "")
        + "}"
    )


def test_modes_are_told_apart_by_the_list_and_without_one_by_name() -> None:
    assert toy().modes == Modes({"supervisor": 1, "user": 2}, ("supervisor",))
    rings = "{ kernel = 0, executive = 1, supervisor = 2, user = 3 }"
    one, two, none = (moded(role, rings) for role in ("@mode(kernel)", "@mode(kernel, executive)", "@mode"))
    assert (one.modes.others, two.modes.supervisors, two.modes.guest) == ((1, 2, 3), (0, 1), 3)
    assert list(none.modes.values) == ["supervisor", "kernel", "executive", "user"]  # that one first, then as listed
    assert [faults(isa) for isa in (one, two, none)] == [[], [], []]


def test_a_value_that_is_no_mode_is_assumed_not_to_occur() -> None:
    (assumed,) = toy().assumptions
    mode = slice_(PSW, 4, 2)
    assert assumed.condition is either(eq(mode, const(2, 1)), eq(mode, const(2, 2)))
    assert assumed.text == "The mode is one of supervisor, user."
    assert moded("@mode(kernel)", "{ kernel = 0, executive = 1, supervisor = 2, user = 3 }").assumptions == ()


# ---- blocks under a condition


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("if pc == 3 { x[d] <- 1; pc <- 2 }", "x[d] <- 1 when pc == 3; pc <- 2 when pc == 3"),
        ("if pc == 3 { pc <- 2 } else { pc <- 4 }", "pc <- 2 when pc == 3; pc <- 4 when !(pc == 3)"),
        ("if pc == 3 { trap call(1) } pc <- 4", "trap call(1) when pc == 3; pc <- 4"),
        ("if pc == 3 { pc <- 2 when d == 1 }", "pc <- 2 when pc == 3 && d == 1"),
        ("if pc == 3 { if d == 1 { pc <- 2 } }", "pc <- 2 when pc == 3 && d == 1"),
        (
            "if d == 0 { pc <- 1 } else if d == 1 { pc <- 2 } else { pc <- 3 }",
            "pc <- 1 when d == 0; pc <- 2 when !(d == 0) && d == 1; pc <- 3 when !(d == 0) && !(d == 1)",
        ),
        (
            "if d == 0 { let v = x[a]; pc <- v } else { let v = x[d]; pc <- v }",
            "pc <- x[a] when d == 0; pc <- x[d] when !(d == 0)",
        ),
        ("if pc == 3 { f(x[a]) }", "f(x[a]) when pc == 3"),
        ("if pc == 3 { send(port[1], x[a]) }", "send(port[1], x[a]) when pc == 3"),
        ("if pc == 3 {} else {}", ""),
        ("if true { pc <- 1 } else { pc <- 2 }", "pc <- 1"),
    ],
)  # fmt: skip
def test_a_block_under_a_condition_is_its_statements_under_it(text: str, same: str) -> None:
    f = "def f(v : word) { trap call(v) when v == 9; y[1] <- v }" if "f(" in text else ""
    assert body(text, f) == body(same, f)


def test_the_condition_of_a_block_is_evaluated_once_and_guards_the_accesses_inside() -> None:
    behaviour = body("if mem[pc] == 0 { x[d] <- mem[x[a]]; pc <- 1 }")
    zero = eq(Load(16, PC), const(16, 0))
    assert [t.guard for t in behaviour.traps] == [outside(PC), both(zero, outside(XA))]


def test_a_mistake_in_it_would_be_seen() -> None:
    assert body("if pc == 3 { pc <- 2 } else { pc <- 4 }") != body("pc <- 2 when pc == 3; pc <- 4 when pc == 3")


def nested(levels: int) -> str:
    return "if pc == 3 { " * levels + "pc <- 1" + " }" * levels


def test_blocks_are_nested_so_deep_and_no_deeper() -> None:
    assert len(body(nested(limits.NESTING)).effects) == 1
    chain = "if pc == 3 { pc <- 1 }" + " else if pc == 3 { pc <- 1 }" * 1200
    for text in (nested(limits.NESTING + 1), nested(2000), chain):
        with pytest.raises(SourceError, match="these blocks are nested more than"):
            body(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x70 + 3", 0x73),
        ("0x80 - 2 * 3", 0x7A),
        ("(1 << 6) | 0b11 ^ 1", 0x42),
        ("0xff & 0x0f", 0x0F),
        ("Op.jump", 0x22),
        ("jump + 1", 0x23),
        ("Mode.user + 0x70", 0x72),
    ],
)
def test_constants_of_encodings_are_whole_numbers(text: str, value: int) -> None:
    isa = toy(f'enum Op : bits(8) {{ jump = 0x22 }}\ninstr test "d" F({text} + (jump - Op.jump)) {{ x[d] <- 1 }}')
    assert isa.instructions["test"].match >> 8 == value
