"""What statements and expressions mean: small bodies, and the traps and effects that they become."""

import pytest

from isa.description import Isa, Modes
from isa.errors import SourceError
from isa.ir.fold import add, apply, both, const, either, eq, negate, select, sext, slice_, ult, zext
from isa.ir.nodes import (
    TRUE,
    Behaviour,
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
    nodes,
)
from isa.language import limits, load_text
from isa.language.spelling import BINARY
from isa.passes.validity import faults

BASE = """isa toy "A toy." {
type word = bits(16)
enum Mode : bits(2) { supervisor = 1, user = 2 }
enum Cause : bits(4) { illegal = 1, memory = 2, call = 3 }
state storage : word[]  @storage
state pc      : word    @pc
state psw     : word    @control { mode : Mode = [5:4] @mode, ie = [0] @enable, level = [15:8] }
state x       : word[4] @general zero[0, 3]
state y       : word[8] @general
state port    : channel(word)[4] @channel
view mem[a : word] : word { trap memory(a) when a >=u size(storage); return storage[a] }
on reset { psw.mode <- supervisor; y[1] <- 0; psw.ie <- 1; psw.level <- 3 }
on trap(why : Cause, what : word) { storage[0] <- zext(why); storage[1] <- what }
step { pc <- pc + 1; execute mem[pc] else trap illegal(insn) }
operand reg : bits(2) "r%d"
operand imm : bits(4) signed "%d"
format F(op) = op:8 d:reg a:reg k:imm
instr talk "d" F(1) { send(port[2], x[d]) }
instr hear "d" F(2) { y[1] <- recv(port[2]); x[d] <- 1 }
"""

PC, PSW = Read(16, "pc"), Read(16, "psw")
D, A, K = Param(2, "d"), Param(2, "a"), Param(4, "k")
XA = Element(16, "x", A)
INSN = Param(16, "insn")


def toy(items: str = "") -> Isa:
    isa = load_text(BASE + items + "\n}")
    assert faults(isa) == []
    return isa


def body(text: str, items: str = "") -> Behaviour:
    return toy(items + f'\ninstr test "d, a, k" F(0x77) {{ {text} }}').instructions["test"].behaviour


def value(text: str, items: str = "") -> Expr:
    """What `pc <- text` writes."""
    (effect,) = body(f"pc <- {text}", items).effects
    assert isinstance(effect, Write)
    return effect.value


def outside(address: Expr) -> Expr:
    return apply("ule", Size(16), address)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x[a] + 1", add(XA, const(16, 1))),
        ("1 + x[a]", add(XA, const(16, 1))),
        ("-1", const(16, -1)),
        ("x[a] - 1", add(XA, const(16, -1))),
        ("~x[a]", apply("not", XA)),
        ("sext(k)", sext(K, 16)),
        ("zext(sext(k, 8))", zext(sext(K, 8), 16)),
        ("sext(k) << 2", apply("shl", sext(K, 16), const(16, 2))),
        ("1 << k", apply("shl", const(16, 1), K)),
        ("x[a] >>s k", apply("shrs", XA, K)),
        ("x[a] /s x[d] %u 3", apply("remu", apply("divs", XA, Element(16, "x", D)), const(16, 3))),
        ("x[a][11:8] ++ k ++ x[a][7:0]", apply("concat", apply("concat", slice_(XA, 8, 4), K), slice_(XA, 0, 8))),
        ("zext(x[a][3])", zext(slice_(XA, 3, 1), 16)),
        ("zext(pc[3])", zext(slice_(PC, 3, 1), 16)),
        ("zext(psw.mode)", zext(slice_(PSW, 4, 2), 16)),
        ("zext(psw[9:6])", zext(slice_(PSW, 6, 4), 16)),
        ("insn", INSN),
        ("size(storage)", Size(16)),
        ("storage[3]", Load(16, const(16, 3))),
        ("x[2]", Element(16, "x", const(2, 2))),
        ("y[a]", Element(16, "y", zext(A, 3))),
        ("x[pc]", Element(16, "x", slice_(PC, 0, 2))),
        ("if x[a] == 0 then 1 else x[a]", select(eq(XA, const(16, 0)), const(16, 1), XA)),
        ("if psw.mode == user then 1 else 0", select(eq(slice_(PSW, 4, 2), const(2, 2)), const(16, 1), const(16, 0))),
        ("if user == psw.mode then 1 else 0", select(eq(const(2, 2), slice_(PSW, 4, 2)), const(16, 1), const(16, 0))),
        ("if Cause.call == 3 then 1 else 0", const(16, 1)),
        ("if x[a] >u 5 then 1 else 0", select(ult(const(16, 5), XA), const(16, 1), const(16, 0))),
        (
            "if !(x[a] <=s -2) then 1 else 0",
            select(negate(apply("sle", XA, const(16, -2))), const(16, 1), const(16, 0)),
        ),
        ("1 + 2 * 3 & 0xff ^ 1 | 8", const(16, 7 & 0xFF ^ 1 | 8)),
        ("1_0 + 0x_f + 0b11", const(16, 28)),
    ],
)
def test_expression(text: str, expected: Expr) -> None:
    assert value(text) is expected


def test_bits_of_a_scalar_are_written_in_place() -> None:
    effects = body("psw <- x[a]; psw.mode <- user; psw[7:6] <- 3; psw[1] <- 0; psw.level <- 9").effects
    assert effects == (
        Write(TRUE, "psw", 0, XA),
        Write(TRUE, "psw", 4, const(2, 2)),
        Write(TRUE, "psw", 6, const(2, 3)),
        Write(TRUE, "psw", 1, const(1, 0)),
        Write(TRUE, "psw", 8, const(8, 9)),
    )


def test_each_cell_fixed_at_zero_is_spared() -> None:
    (effect,) = body("x[d] <- 5").effects
    spared = both(negate(eq(D, const(2, 0))), negate(eq(D, const(2, 3))))
    assert effect == SetElement(spared, "x", D, const(16, 5))
    assert body("x[2] <- 5").effects == (SetElement(TRUE, "x", const(2, 2), const(16, 5)),)
    assert body("set(3)", "def set(n : bits(2)) { x[n] <- 5 }").effects == ()


def test_traps_of_accesses_stand_in_program_order() -> None:
    behaviour = body("let p = x[a]; mem[p] <- mem[p + 1]; trap call(7) when mem[2] == 1; pc <- mem[3]")
    addresses = [t.info for t in behaviour.traps]
    assert addresses == [add(XA, const(16, 1)), XA, const(16, 2), const(16, 7), const(16, 3)]
    assert [t.view for t in behaviour.traps] == ["mem", "mem", "mem", "", "mem"]
    assert [t.cause for t in behaviour.traps] == [2, 2, 2, 3, 2]
    assert {t.origin for t in behaviour.traps} == {Origin.BODY}


def test_a_let_is_evaluated_where_it_stands() -> None:
    behaviour = body("let v = mem[x[a]]; trap call(0); pc <- v; x[d] <- v")
    assert [t.cause for t in behaviour.traps] == [2, 3]


def test_a_let_may_have_a_type() -> None:
    (effect,) = body("let n : word = 5; pc <- n").effects
    assert effect == Write(TRUE, "pc", 0, const(16, 5))


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ("pc <- mem[x[a]] when x[a] == 1", eq(XA, const(16, 1))),
        ("pc <- if x[a] == 1 then mem[x[a]] else 0", eq(XA, const(16, 1))),
        ("pc <- if x[a] == 1 then 0 else mem[x[a]]", negate(eq(XA, const(16, 1)))),
        ("pc <- 0 when x[a] == 1 && mem[x[a]] == 0", eq(XA, const(16, 1))),
        ("pc <- 0 when x[a] == 1 || mem[x[a]] == 0", negate(eq(XA, const(16, 1)))),
        ("mem[x[a]] <- 0 when x[a] == 1", eq(XA, const(16, 1))),
        ("trap call(mem[x[a]]) when x[a] == 1", eq(XA, const(16, 1))),
        ("poke(x[a]) when x[a] == 1", eq(XA, const(16, 1))),
    ],
)
def test_an_access_under_a_condition_traps_only_then(text: str, guard: Expr) -> None:
    items = "def poke(v : word) { mem[v] <- 0 }" if "poke" in text else ""
    assert body(text, items).traps[0].guard is both(guard, outside(XA))


def test_a_condition_itself_is_always_evaluated() -> None:
    assert body("pc <- 0 when mem[x[a]] == 0").traps[0].guard is outside(XA)


def test_the_guard_of_a_call_reaches_all_that_it_does() -> None:
    behaviour = body(
        "act(x[a], x[d] == 1) when k == 3",
        "def act(v : word, go : bool) { trap call(v) when v == 9; pc <- v when go; psw.ie <- 1 }",
    )
    k3 = eq(K, const(4, 3))
    assert behaviour.traps == (TrapIf(both(k3, eq(XA, const(16, 9))), 3, XA, Origin.BODY),)
    d1 = eq(Element(16, "x", D), const(16, 1))
    assert behaviour.effects == (Write(both(k3, d1), "pc", 0, XA), Write(k3, "psw", 0, const(1, 1)))


def test_what_can_never_happen_is_gone() -> None:
    assert body("act(false)", "def act(go : bool) { trap call(0) when go; pc <- 0 when go }") == Behaviour()
    assert body("act(true)", "def act(go : bool) { pc <- 0 when go }").effects == (Write(TRUE, "pc", 0, const(16, 0)),)


def test_arguments_are_not_captured_by_parameters() -> None:
    """Folding `v + 0` shows the argument again while parameters are put in; it must stay what it is."""
    items = "def inner(v : word, w : word) : word { return v + w }\n"
    items += "def outer(w : word, v : word) : word { return inner(w, v) }"
    assert value("outer(0, x[a])", items) is XA
    assert value("outer(x[a], pc)", items) is add(XA, PC)
    assert value("swap(sext(k), pc)", "def swap(a1 : word, k1 : word) : word { return k1 - a1 }") is apply(
        "sub", PC, sext(K, 16)
    )


def test_views_of_views_keep_the_name_of_the_one_that_traps() -> None:
    items = "view low[a1 : bits(8)] : word { trap call(0) when a1 == 255; return mem[zext(a1)] }\n"
    behaviour = body("low[x[a][7:0]] <- 1", items)
    assert [t.view for t in behaviour.traps] == ["low", "mem"]
    assert behaviour.effects == (Store(TRUE, zext(slice_(XA, 0, 8), 16), const(16, 1)),)


def test_a_view_may_return_registers() -> None:
    items = "view bank[n : bits(2)] : word { trap call(0) when n == 3; return y[(psw.mode ++ n)[2:0]] }\n"
    behaviour = body("bank[a] <- bank[d]", items)
    assert len(behaviour.traps) == 2
    (effect,) = behaviour.effects
    assert isinstance(effect, SetElement) and effect.index.width == 3


def test_a_trap_in_a_def_that_a_view_uses_counts_as_the_views() -> None:
    items = "def check(v : word) { trap call(v) when v == 7 }\n"
    items += "view safe[v : word] : word { check(v); return storage[v] }\n"
    assert [t.view for t in body("pc <- safe[x[a]]", items).traps] == ["safe"]
    assert [t.view for t in body("check(x[a])", items.splitlines()[0]).traps] == [""]


def test_each_unknown_is_its_own() -> None:
    text = "pc <- unknown; psw <- unknown; y[0] <- any(); y[1] <- any()"
    behaviour = body(text, "def any() : word { return unknown ^ unknown }")
    unknowns = [{n for n in nodes(e.value) if isinstance(n, Unknown)} for e in behaviour.effects]  # type: ignore[union-attr]
    assert [len(u) for u in unknowns] == [1, 1, 2, 2]
    assert len(set().union(*unknowns)) == 6


def test_a_let_keeps_its_unknown() -> None:
    first, second = body("let u : word = unknown; pc <- u; psw <- u").effects
    assert isinstance(first, Write) and isinstance(second, Write) and first.value is second.value


def test_an_argument_that_is_unknown_is_one_value() -> None:
    assert value("same(unknown)", "def same(v : word) : word { return v ^ v & v }") is not None
    assert value("zero(unknown)", "def zero(v : word) : word { return v - v }") is const(16, 0)


def test_channels() -> None:
    isa = toy()
    x = Element(16, "x", D)
    assert isa.instructions["talk"].behaviour.effects == (Send(TRUE, "port", const(2, 2), x),)
    first, _ = isa.instructions["hear"].behaviour.effects
    assert first == SetElement(TRUE, "y", const(3, 1), Recv(16, "port", const(2, 2)))
    sent = body("send(port[x[a]], 5) when x[a] == 1").effects
    assert sent == (Send(eq(XA, const(16, 1)), "port", slice_(XA, 0, 2), const(16, 5)),)
    chosen = body("let v = recv(port[a]); x[d] <- if k == 0 then v else 0")
    assert any(isinstance(n, Recv) for n in nodes(*chosen.expressions()))


def test_the_parts_of_a_step() -> None:
    isa = toy()
    assert isa.prologue == Behaviour((), (Write(TRUE, "pc", 0, add(PC, const(16, 1))),))
    assert isa.fetch.word is Load(16, PC)
    assert isa.fetch.traps == (TrapIf(outside(PC), 2, PC, Origin.FETCH, "mem"),)
    assert isa.unassigned == Behaviour((TrapIf(TRUE, 1, INSN, Origin.DECODE),))
    assert isa.entry.effects[0] == Store(TRUE, const(16, 0), zext(Param(4, "cause"), 16))
    assert isa.entry.effects[1] == Store(TRUE, const(16, 1), Param(16, "info"))
    assert (isa.cause.name, isa.cause_width, isa.info_width) == ("Cause", 4, 16)


def test_what_decodes_to_nothing_may_be_given_a_meaning() -> None:
    text = BASE.replace("else trap illegal(insn)", "else { y[0] <- insn; trap illegal(0) when insn == 0 }")
    isa = load_text(text + "}")
    assert isa.unassigned.effects == (SetElement(TRUE, "y", const(3, 0), INSN),)
    assert isa.unassigned.traps[0].origin is Origin.DECODE


def test_a_let_of_the_prologue_is_known_to_the_fetch() -> None:
    isa = load_text(BASE.replace("execute mem[pc]", "let at = pc + 2; execute mem[at]") + "}")
    assert isa.fetch.word is Load(16, add(PC, const(16, 2)))


def test_a_split_operand_lies_in_pieces() -> None:
    split = 'operand cut : bits(6) signed "%d"\nformat S(op) = op:6 k[5:4]:cut a:reg k[3:0]:cut d:reg\n'
    isa = toy(split + 'instr far "d, a, k" S(0x3f) { x[d] <- x[a] + sext(k) }')
    use = next(u for u in isa.instructions["far"].uses if u.name == "k")
    assert [(p.word_low, p.operand_low, p.width) for p in use.pieces] == [(8, 4, 2), (2, 0, 4)]
    assert use.extract(use.deposit(0b101101)) == 0b101101
    assert isa.instructions["far"].mask == 0xFC00


def test_an_operand_that_the_template_leaves_out_must_be_zero() -> None:
    isa = toy('instr one "d" F(0x55) { x[d] <- 1 }')
    one = isa.instructions["one"]
    assert (one.mask, one.match) == (0xFF3F, 0x5500)
    assert [u.name for u in one.uses] == ["d"]


def test_assumptions_are_kept_with_their_words() -> None:
    isa = toy('assume calm = psw.ie == 0 "Interrupts are off."\nassume low = pc <u 100')
    assert [a.text for a in isa.assumptions[1:]] == ["Interrupts are off.", "pc <u 100"]
    assert isa.assumptions[2].condition is ult(PC, const(16, 100))


def test_variants_change_any_item() -> None:
    text = BASE + """}
variant other of toy "Other." {
  override type word = bits(16)
  override enum Mode : bits(2) { supervisor = 3, user = 0 }
}
variant third of other {
  override state x : word[8] @general
  override view mem[a : word] : word { return storage[a] }
  override on reset { psw.mode <- user }
  override on trap(c : Cause, i : word) { storage[9] <- i; storage[8] <- zext(c) }
  override step { execute mem[pc] else trap illegal(0) }
  override operand reg : bits(2) "g%d"
  override instr hear "d, a" F(3) { x[d] <- x[a] }
  delete instr talk
  delete state port
  add pseudo copy "d, a" => hear "d, a"
  add assume still = pc == 0
  override format F(op) = op:8 0:4 d:reg a:reg
}
"""  # fmt: skip
    parent, isa = load_text(text, "other"), load_text(text, "third")
    assert parent.enums["Mode"].members == {"supervisor": 3, "user": 0}
    assert (isa.parent, isa.states["x"].count, isa.states["x"].zero) == ("other", 8, frozenset())
    assert isa.instructions.keys() == {"hear"} and isa.pseudos.keys() == {"copy"}
    assert isa.operands["reg"].style == "g%d" and "port" not in isa.states
    assert isa.fetch.traps == () and isa.prologue == Behaviour() and len(isa.assumptions) == 2
    assert isa.reset.effects == (Write(TRUE, "psw", 4, const(2, 0)),)
    assert faults(isa) == faults(parent) == []


def test_a_variant_in_another_file_finds_the_shipped_machine() -> None:
    isa = load_text("variant mine of g3_sgdt { delete pseudo nop }")
    assert isa.parent == "g3_sgdt" and "nop" not in isa.pseudos


def test_traps_that_are_certain_are_kept_and_others_dropped() -> None:
    behaviour = body("trap call(sext(k)); pc <- 0")
    assert behaviour.traps == (TrapIf(TRUE, 3, sext(K, 16), Origin.BODY),)
    assert body("trap call(0) when false") == Behaviour()


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
    chain = "if pc == 3 { pc <- 1 }" + " else if pc == 3 { pc <- 1 }" * 3000
    for text in (nested(limits.NESTING + 1), nested(5000), chain):
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
