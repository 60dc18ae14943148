"""Machines that step in unusual ways, in every engine: what engines take for granted must be so, or be left alone."""

from collections.abc import Mapping
from typing import Any

import pytest

from isa.description import Isa
from isa.engines.auto import AutoEngine
from isa.engines.choice import AUTO, NATIVE, bare, choose, prepare
from isa.engines.native.plan import plan_of
from isa.language import load_text
from isa.machine import Machine, Reason, Storage
from isa.machine.time import time_of
from monitor import Monitor
from tests.engines.differential import shown
from tests.engines.engines import ENGINES, STEPPING, Factory, native

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(2)]

TEXT = """
isa small "Words of 16 bits." {{
type word = bits(16)
enum Mode  : bits(1) {{ supervisor = 0, user = 1 }}
enum Cause : bits(3) {{ strange = 1, outside = 2, due = 3, asked = 4 }}
state core  : word[]  @storage
state x     : word[4] @general
{more}
state pc    : {pc}    @pc
state psw   : word    @control {{ mode : Mode = [0] @mode }}
state base  : word    @base
state bound : word    @bound
state timer : word    @timer
state off   : bits(1) @halt
view mem[a : word] : word {{
  trap outside(a) when a >=u bound || base >=u size(core) || a >=u size(core) - base{refused}
  return core[base + a]
}}
on reset {{ psw <- 0; base <- 0; bound <- size(core); timer <- 0 }}
on trap(cause : Cause, info : word) {{ core[0] <- zext(pc); core[1] <- info; x[3] <- x[3] + 1; pc <- 16; {entry} }}
step {{
  trap due(0) when {due}
  timer <- timer - 1 when timer >u 1
  {moves}
  execute mem[zext(pc)] else trap strange(insn)
}}
operand reg : bits(2) "x%d"
operand to  : bits(4) signed pcrel(pc)
format R(op) = 0:8 op:4 d:reg a:reg
format B(op) = 0:8 op:2 t:to a:reg
instr inc  "d, a" R(0x4) {{ x[d] <- x[a] + 1 }}
instr st   "d, a" R(0x6) {{ mem[x[a]] <- x[d] }}
instr odd  "d, a" R(0x7) {{ {odd} }}
instr bnz  "a, t" B(0x2) {{ pc <- pc + sext(t) when x[a] != 0 }}
instr stop "d, a" R(0xf) {{ trap asked(0) when psw.mode == user; off <- 1 }}
}}
"""
PLAIN = {
    "more": "",
    "pc": "word",
    "refused": "",
    "entry": "",
    "due": "timer == 1",
    "moves": "pc <- pc + 1",
    "odd": "x[0] <- 1",
}
INC, INC1, STORE, ODD, STOP = 0x40, 0x45, 0x61, 0x70, 0xF0  # inc x0, x0; inc x1, x1; st x0, x1; odd x0, x0
State = Mapping[str, Any]


def machine(**parts: str) -> Isa:
    return load_text(TEXT.format(**{**PLAIN, **parts}))


def bnz(distance: int) -> int:
    """`bnz x0` to so many words from itself."""
    return 0x80 | (distance & 15) << 2


def agree(isa: Isa, words: Mapping[int, int], state: State, turns: tuple[int, ...]) -> None:
    """All engines do what single steps do."""
    expected = played(isa, STEPPING, words, state, turns)
    for name in ("reference", "interpreter", "quick", "full"):
        assert played(isa, ENGINES[name], words, state, turns) == expected, name


def played(isa: Isa, factory: Factory, words: Mapping[int, int], state: State, turns: tuple[int, ...]) -> list[Any]:
    made = Machine(isa, Storage(isa.word, 4096), engine=factory)
    for index, word in words.items():
        made.storage.write(index, [word])
    for name, value in state.items():
        made.state[name] = value
    return [(made.run(steps), {k: v for k, v in shown(made).items() if k != "written"}) for steps in turns]


LINE = {at: (INC, INC1)[at % 2] for at in range(400)}


NIGHTLY = [pytest.param(moves, marks=pytest.mark.nightly) for moves in ("pc <- pc + 2", "pc <- ~pc")]


@pytest.mark.parametrize("moves", ["pc <- pc - 1", "pc <- pc + 1 when x[0] <u 20", *NIGHTLY])
def test_a_step_may_move_the_pc_anyhow(moves: str) -> None:
    agree(machine(moves=moves), LINE, {"pc": 300, "x": [13, 0, 0, 0]}, (7, 1, 16))


def test_a_pc_narrower_than_a_word_wraps() -> None:
    """Going straight on from its last value leads to 0, not to the word behind."""
    agree(machine(pc="bits(5)"), LINE, {"pc": 20}, (150, 7, 40))


LOOP = {20: INC, 21: bnz(-1), 16: INC1, 17: INC1, 18: STOP}


def test_a_fetch_that_looks_at_the_time_is_asked_at_every_step() -> None:
    agree(machine(refused=" || a >=u timer"), LOOP, {"pc": 20, "timer": 3000}, (2000, 3000, 100))


@pytest.mark.parametrize("due", ["x[0] == 4000", "core[500] >u 90"])
def test_an_interrupt_that_depends_on_what_instructions_write_comes_in_time(due: str) -> None:
    isa = machine(due=due)
    assert time_of(isa) is None
    agree(isa, {**LOOP, 21: STORE, 22: bnz(-2)}, {"pc": 20, "x": [0, 500, 0, 0]}, (1, 20000, 50))


def test_register_files_may_be_exchanged() -> None:
    exchange = "; ".join(f"x[{i}] <- y[{i}]; y[{i}] <- x[{i}]" for i in range(4))
    isa = machine(odd=exchange, more="state y : word[4] @general")
    start = {"pc": 20, "x": [1, 2, 3, 4], "y": [5, 6, 7, 8]}
    agree(isa, {20: ODD, 21: INC, 22: ODD}, start, (1, 2))
    [(_, after)] = played(isa, STEPPING, {20: ODD}, start, (1,))
    assert [after[f"{file}[{i}]"] for file in "xy" for i in range(4)] == [5, 6, 7, 8, 1, 2, 3, 4]


def test_a_machine_that_a_trap_halts_takes_no_further_step() -> None:
    """Also where Python found the trap: it chooses what is unknown."""
    odd = "let any : word = unknown; trap asked(0) when any[0] == 1; x[0] <- 1"
    isa = machine(odd=odd, entry="off <- 1")
    agree(isa, {16: INC, **dict.fromkeys(range(20, 60), ODD)}, {"pc": 20}, (30, 5))


@pytest.mark.parametrize(
    "parts", [{"refused": " || unknown == psw"}, {"due": "unknown == psw"}, {"entry": "x[1] <- unknown"}]
)
def test_what_is_unknown_outside_of_instructions_is_left_to_the_reference_engine(parts: dict[str, str]) -> None:
    isa = machine(**parts)
    assert not prepare(isa)
    words, state = {**LINE, 30: 0xFFFF}, {"pc": 20}
    assert played(isa, choose(NATIVE), words, state, (1, 40)) == played(isa, STEPPING, words, state, (1, 40))


class Told:
    """Collects words that a storage tells of."""

    def __init__(self) -> None:
        self.words: set[int] = set()

    def note(self, word: int) -> None:
        self.words.add(word)


@pytest.mark.parametrize("count", [3, 70])
def test_every_word_of_code_that_one_step_overwrites_is_told(count: int) -> None:
    isa = machine(odd="; ".join(f"core[{100 + i}] <- x[{i % 4}]" for i in range(count)))
    made, told = bare(isa, Storage(16, 4096), engine=NATIVE), Told()
    made.storage.on_code_write(told.note)
    made.storage.write(20, [ODD])
    for i in range(count):
        made.storage.mark_code(100 + i)
    made.state["pc"] = 20
    made.run(1)
    assert told.words == set(range(100, 100 + count))


def test_sites_of_traps_do_not_depend_on_the_order_of_instructions() -> None:
    """Native code is kept under a digest that has no such order in it."""
    views = "view {0}[a : word] : word {{{{ trap outside(a) when a >=u bound\n return core[a] }}}}\n"
    text = TEXT.replace("on reset", views.format("one") + views.format("two") + "on reset").format(**PLAIN)
    first, second = ('instr p "d, a" R(0x1) { x[d] <- one[x[a]] }\n', 'instr q "d, a" R(0x2) { x[d] <- two[x[a]] }\n')
    one, other = (
        plan_of(load_text(text.replace("instr inc", f"{a}{b}instr inc"))) for a, b in ((first, second), (second, first))
    )
    assert one.digest == other.digest
    assert list(one.sites) == list(other.sites)


def test_a_second_description_on_one_storage_stays_with_the_reference_engine() -> None:
    storage = Storage(16, 8192)
    for number, isa in enumerate((machine(), machine(odd="x[0] <- 2"))):
        made = bare(isa, storage.window(4096 * number, 4096), engine=AUTO)
        made.storage.write(20, [INC, bnz(-1)])
        made.state["pc"] = 20
        assert isinstance(made.engine, AutoEngine)
        while not made.engine.settled:
            assert made.run(5000).reason is Reason.BUDGET
        assert (made.engine.level() is None) == bool(number)


# ---- monitored


def monitored(words: Mapping[int, int]) -> Machine:
    real = Machine(MONITORED, Storage(16, 8192), engine=native())
    vm = Monitor(real).create(4096)
    for index, word in words.items():
        vm.storage.write(index, [word])
    vm.state["pc"] = 20
    return vm


GUARDED = "trap asked(0) when psw.mode == user; x[1] <- psw"
MONITORED = machine(odd=GUARDED)


def test_a_virtual_machine_can_be_interrupted_whatever_it_does() -> None:
    """Its native code comes back to Python now and then, though nothing in it needs Python."""
    vm = monitored({20: INC, 21: ODD, 22: bnz(-2), 23: bnz(-3)})
    vm.run(1000)
    level, many = vm.engine.level(), 1 << 24
    assert level is not None
    vm.engine.done = 0
    level.run(many, True)
    assert 0 < vm.engine.done < many


def test_a_budget_may_be_larger_than_any_word() -> None:
    vm = monitored({20: INC, 21: ODD, 22: STOP})
    assert vm.run(1 << 64).reason is Reason.HALT
    assert vm.steps == 3


def test_a_machine_that_its_clock_halts_takes_no_further_step() -> None:
    """Whatever instruction stands there, and however the run is cut."""
    isa = machine(moves="pc <- pc + 1 off <- 1 when timer == 5")
    assert time_of(isa) is None
    start = {"pc": 20, "timer": 60}
    agree(isa, LOOP, start, (1, 2, 30, 100))
    last = [played(isa, STEPPING, LOOP, start, cuts)[-1][1] for cuts in ((1,) * 100, (100,))]
    assert last[0]["steps"] == last[1]["steps"] == 56 and last[0]["timer"] == 4
