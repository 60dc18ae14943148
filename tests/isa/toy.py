"""A toy machine, to which tests of the language add an item or an instruction."""

from isa.description import Isa
from isa.ir.fold import apply
from isa.ir.nodes import (
    Behaviour,
    Element,
    Expr,
    Param,
    Read,
    Size,
    Write,
)
from isa.language import load_text
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
