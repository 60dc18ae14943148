"""A small machine with words of any width from 8 bits on, for what engines do with cells and counters."""

from isa.description import Isa
from isa.language import load_text

TEXT = """
isa w{width} "Words of {width} bits." {{
type word = bits({width})
enum Mode  : bits(1) {{ supervisor = 0, user = 1 }}
enum Cause : bits(3) {{ strange = 1, guarded = 2, outside = 3, call = 4, tick = 5 }}

state core  : word[]  @storage
state x     : word[4] @general zero[0]
state pc    : word    @pc
state psw   : word    @control {{ mode : Mode = [0] @mode, on = [1] @enable }}
state base  : word    @base
state bound : word    @bound
state timer : word    @timer
state off   : bits(1) @halt

view mem[a : word] : word {{
  trap outside(a) when a >=u bound || base >=u size(core) || a >=u size(core) - base
  return core[base + a]
}}
on reset {{ psw <- 0; base <- 0; bound <- size(core); timer <- 0 }}
on trap(cause : Cause, info : word) {{
  core[0] <- pc; core[1] <- psw; core[2] <- base; core[3] <- bound; core[4] <- zext(cause); core[5] <- info
  pc <- core[8]; psw <- core[9]; base <- core[10]; bound <- core[11]
}}
step {{
  trap tick(0) when psw.on == 1 && timer == 1
  timer <- timer - 1 when timer >u 1
  pc <- pc + 1
  execute mem[pc] else trap strange(insn)
}}
def guard() {{ trap guarded(insn) when psw.mode == user }}
operand reg : bits(2) "x%d"
operand to  : bits(4) signed pcrel(pc)
format R(op) = {rest} op:4 d:reg a:reg
format B(op) = {rest} op:2 t:to a:reg
instr add  "d, a" R(0x0) {{ x[d] <- x[d] + x[a] }}
instr sub  "d, a" R(0x1) {{ x[d] <- x[d] - x[a] }}
instr sra  "d, a" R(0x2) {{ x[d] <- x[d] >>s x[a] }}
instr rem  "d, a" R(0x3) {{ x[d] <- x[d] %s x[a] }}
instr inc  "d, a" R(0x4) {{ x[d] <- x[a] + 1 }}
instr ld   "d, a" R(0x5) {{ x[d] <- mem[x[a]] }}
instr st   "d, a" R(0x6) {{ mem[x[a]] <- x[d] }}
instr jump "d, a" R(0x7) {{ x[d] <- pc + 1; pc <- x[a] }}
instr bnz  "a, t" B(0x2) {{ pc <- pc + sext(t) when x[a] != 0 }}
instr back "d, a" R(0xc) {{
  guard(); pc <- mem[x[a]]; psw <- mem[x[a] + 1]; base <- mem[x[a] + 2]; bound <- mem[x[a] + 3]
}}
instr set  "d, a" R(0xd) {{ guard(); timer <- x[d] + x[a] }}
instr get  "d, a" R(0xe) {{ guard(); x[d] <- timer + x[a] }}
instr call "d, a" R(0xf) {{ trap call(x[d]) when x[a] != 1; off <- 1 }}
}}
"""


def any_width(width: int) -> Isa:
    """The machine of that width, 8 to 64 bits."""
    return load_text(TEXT.format(width=width, rest=f"0:{width - 8}" if width > 8 else ""))
