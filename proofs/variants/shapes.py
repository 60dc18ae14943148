"""The machines that variants differ from, and their words for the things that every variant speaks of.

`DOWN` is g3 in small: 8-bit words, so that the solver and random states get far in little time. `UP` has nothing in
common with it: the mode is a state of its own with user = 0, the opcode stands in the low bits, a counter runs up to a
limit, traps are vectored. `G3` is the shipped machine with few of its instructions. Next: `draft.py`.
"""

from dataclasses import dataclass, replace
from functools import cache

from isa.catalogue import find


@dataclass(frozen=True)
class Shape:
    """A machine cut into the parts that a variant may change. `open` is all text before them; `add` and `override` are
    what stands before a new item and before one that replaces an item; `codes` are free opcodes for instructions."""

    name: str
    open: str
    word: int
    cell: str  # a general register by an operand's name: `x[%s]`
    fixed: str  # a general register that every program has
    pc: str
    storage: str
    mode: str
    enable: str
    base: str
    bound: str
    timer: str
    pending: str
    spare: str  # ordinary bits of the status: a place of two bits
    port: str
    halt: str
    guard: str
    view: tuple[str, str, str]  # its header with the address `va`, what it refuses, the place
    entry: tuple[str, tuple[str, ...]]
    prologue: tuple[str, ...]
    illegal: str
    outside: str  # the cause of an access that is refused
    codes: tuple[int, ...]
    format: str = "R"
    add: str = ""
    override: str = ""


DOWN = Shape(
    name="down",
    open="""isa down "G3 in small: eight bits, four registers." {
type word = bits(8)
enum Mode : bits(1) { supervisor = 0, user = 1 }
enum Cause : bits(3) { illegal = 1, privileged = 2, memory = 3, clock = 4, device = 5 }
state storage : word[] @storage
state x : word[4] @general
state pc : word @pc
state psw : bits(4) @control { mode : Mode = [0] @mode, ie = [1] @enable }
state base : word @base
state bound : word @bound
state timer : word @timer
state pending : bits(2) @pending
state halted : bits(1) @halt
state port : channel(word)[2] @channel
on reset { psw <- 0; base <- 0; bound <- size(storage); timer <- 0; pending <- 0 }
def privileged() { trap privileged(insn) when psw.mode == user }
operand reg : bits(2) "r%d"
format R(op) = op:4 d:reg a:reg
instr ld "d, a" R(1) { x[d] <- mem[x[a]] }
instr st "d, a" R(2) { mem[x[a]] <- x[d] }
instr lps "a" R(3) {
  privileged(); let p = x[a]
  pc <- mem[p]; psw <- mem[p + 1][3:0]; base <- mem[p + 2]; bound <- mem[p + 3]
}
instr sys "d, a" R(4) {
  privileged(); timer <- x[d]; pending <- x[a][1:0]; halted <- x[a][7]; send(port[x[a][0]], x[d])
}
""",
    word=8,
    cell="x[%s]",
    fixed="x[1]",
    pc="pc",
    storage="storage",
    mode="psw.mode",
    enable="psw.ie",
    base="base",
    bound="bound",
    timer="timer",
    pending="pending",
    spare="psw[3:2]",
    port="port",
    halt="halted",
    guard="privileged",
    view=(
        "view mem[va : word] : word",
        "va >=u bound || base >=u size(storage) || va >=u size(storage) - base",
        "storage[base + va]",
    ),
    entry=(
        "on trap(cause : Cause, info : word)",
        (
            "storage[0] <- pc; storage[1] <- zext(psw); storage[2] <- base; storage[3] <- bound",
            "storage[4] <- zext(cause); storage[5] <- info",
            "pc <- storage[8]; psw <- storage[9][3:0]; base <- storage[10]; bound <- storage[11]",
        ),
    ),
    prologue=(
        "trap clock(0) when psw.ie == 1 && timer == 1",
        "trap device(zext(pending)) when psw.ie == 1 && pending != 0",
        "timer <- timer - 1 when timer >u 1",
        "pc <- pc + 1",
    ),
    illegal="illegal",
    outside="memory",
    codes=(8, 9, 10, 11),
)

UP = Shape(
    name="up",
    open="""isa up "Eight bits, another style: an up-counting clock, vectored traps, the opcode on the right." {
type word = bits(8)
enum Mode : bits(1) { user = 0, supervisor = 1 }
enum Why : bits(3) { undefined = 1, forbidden = 2, bounds = 3, tick = 4, line = 5 }
state g : word[4] @general zero[0]
state flags : bits(2) @general
state ip : word @pc
state core : word[] @storage
state level : Mode @mode
state armed : bits(1) @enable
state count : word @timer
state limit : word @timer
state org : word @base
state len : word @bound
state lines : bits(2) @pending
state wire : channel(word)[2] @channel
state stopped : bits(1) @halt
on reset { level <- supervisor; armed <- 0; count <- 0; limit <- 0; org <- 0; len <- size(core); lines <- 0 }
def guarded() { trap forbidden(insn) when level == user }
operand reg : bits(2) "g%d"
format R(op) = d:reg a:reg op:4
instr get "d, a" R(1) { g[d] <- mem[g[a]] }
instr put "d, a" R(2) { mem[g[a]] <- g[d] }
instr leave "" R(3) {
  guarded(); let status = mem[3]
  len <- mem[1]; org <- mem[2]; level <- status[0]; armed <- status[1]; flags <- status[3:2]; ip <- mem[4]
}
instr alarm "d, a" R(4) {
  guarded(); limit <- g[a]; count <- g[d]; lines <- g[a][1:0]; stopped <- g[a][7]; send(wire[0], g[d])
}
""",
    word=8,
    cell="g[%s]",
    fixed="g[3]",
    pc="ip",
    storage="core",
    mode="level",
    enable="armed",
    base="org",
    bound="len",
    timer="count",
    pending="lines",
    spare="flags",
    port="wire",
    halt="stopped",
    guard="guarded",
    view=(
        "view mem[va : word] : word",
        "va >=u len || org >=u size(core) || va >=u size(core) - org",
        "core[org + va]",
    ),
    entry=(
        "on trap(why : Why, info : word)",
        (
            "core[0] <- info; core[1] <- len; core[2] <- org; core[4] <- ip",
            "core[3] <- zext(flags ++ armed ++ level)",
            "ip <- core[8 + zext(why)]; level <- supervisor; armed <- 0; org <- 0; len <- size(core)",
        ),
    ),
    prologue=(
        "trap line(zext(lines)) when armed == 1 && lines != 0",
        "trap tick(count) when armed == 1 && count == limit",
        "count <- count + 1",
        "ip <- ip + 1",
    ),
    illegal="undefined",
    outside="bounds",
    codes=(8, 9, 10, 11),
)

KEPT = {"add", "lw", "sw", "lpsw", "stim", "out"}  # of g3; many instructions make many questions


@cache
def g3() -> Shape:
    """The shipped machine, as a variant of it in which few instructions are left."""
    isa = find("g3")
    gone = [f"delete pseudo {name}" for name in isa.pseudos]
    gone += [f"delete instr {name}" for name in isa.instructions if name not in KEPT]
    return replace(
        DOWN,
        name="g3",
        open='variant g3_small of g3 "" {\n' + "\n".join(gone) + "\n",
        word=32,
        entry=(DOWN.entry[0], tuple(_whole(line) for line in DOWN.entry[1])),
        codes=(0xA0, 0xA1, 0xA2, 0xA3),
        format="T",
        add="add ",
        override="override ",
    )


def _whole(line: str) -> str:
    """A line of the small trap entry, for a status of a whole word."""
    return line.replace("zext(psw)", "psw").replace("[3:0]", "")
