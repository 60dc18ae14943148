"""Machines that differ from G3 by how time moves on them, each with a guest that lives by it."""

from dataclasses import dataclass
from functools import cached_property

from isa.assembler import Image, assemble
from isa.description import Isa
from isa.language import load_text

DUE = "psw.ie == 1 && timer == 1"
OFTEN, ALARMS = 11, 9  # after how many steps the guests want an alarm, and how many of them
GUEST = """
        .org 8
        .word handler, Mode.supervisor, 0, 4096
        .org 16
start:  set  r2, {first}
        stim r2
        lpsw program(r0)
handler: lw  r5, 4(r0)
        lw   r6, 0(r0)
        addi r7, r7, 1
        sw   r6, 256(r7)        # where it was interrupted
        rtim r4
        sw   r4, 320(r7)        # and at what time
        lw   r4, 1(r0)
        andi r4, r4, {keep}
        sw   r4, 1(r0)
        set  r3, Cause.svc
        bne  r5, r3, rearm
        addi r6, r6, 1
        sw   r6, 0(r0)
rearm:  set  r2, {first}
        stim r2
        slti r4, r7, {alarms}
        bnez r4, on
        halt
on:     lpsw 0(r0)
program: .word 128, {psw}, 0, 4096
        .org 128
loop:   addi r9, r9, 1
        {see}
        slti r10, r9, 20
        bnez r10, loop
        set  r9, 0
        svc  5
        b    loop
"""


@dataclass(frozen=True)
class Timed:
    """`step` is what the prologue does, `more` what else the machine has that G3 has not."""

    step: str
    more: str = ""
    first: int = OFTEN
    psw: int = 3
    keep: int = 0xFFFF
    see: str = "xor r11, r11, r9"

    @cached_property
    def isa(self) -> Isa:
        whole = f"{self.step}\n pc <- pc + 1\n execute mem[pc] else trap illegal(insn)"
        return load_text(f'variant timed of g3 "Another clock." {{ {self.more}\n override step {{ {whole} }} }}')

    @property
    def source(self) -> str:
        values = {"first": self.first, "psw": self.psw, "keep": self.keep, "see": self.see, "alarms": ALARMS}
        return GUEST.format(**values)

    @cached_property
    def guest(self) -> Image:
        return assemble(self.isa, self.source, "guest")


CLOCK = f"trap clock(0) when {DUE}\n"
PSW = "mode : Mode = [0] @mode, ie = [1] @enable, t = [2] @resource, tp = [3] @resource"
TRACED = f'override state psw : word @control "Status." {{ {PSW} }}'
USER = "psw.mode == user"

TIMED = {
    "differs from two values": Timed(CLOCK + "timer <- timer - 1 when timer != 0 && timer != 1"),
    "subtracts a choice": Timed(CLOCK + "timer <- timer - (if timer >u 1 then 1 else 0)"),
    "chooses": Timed(CLOCK + "timer <- if timer <=u 1 then timer else timer - 1"),
    "counts up, 0 is off": Timed(
        "trap clock(0) when psw.ie == 1 && timer == 0xffffffff\n timer <- timer + 1 when timer != 0", first=-OFTEN
    ),
    "counts up to a limit": Timed(
        "trap clock(0) when psw.ie == 1 && timer == 60\n timer <- timer + 1 when timer != 0 && timer != 60",
        first=60 - OFTEN,
    ),
    "counts for users": Timed(CLOCK + f"timer <- timer - 1 when {USER} && timer >u 1"),
    "counts for users, in words": Timed(
        CLOCK + f"timer <- if {USER} then if timer <u 2 then timer else timer - 1 else timer"
    ),
    "parked, it runs for users": Timed(
        f"trap clock(0) when psw.ie == 1 && timer == 5\n timer <- timer + 1 when {USER}", first=5 - OFTEN
    ),
    "rests while interrupts are off": Timed(CLOCK + "timer <- timer - 1 when timer >u 1 && psw.ie == 1"),
    "traces": Timed("trap clock(7) when psw.tp == 1\n psw.tp <- psw.t", TRACED, psw=7, keep=0xFFF7),
    "traces users by turns": Timed(
        CLOCK + f"trap clock(7) when psw.tp == 1\n psw.tp <- psw.t when {USER}\n timer <- timer - 1 when timer >u 1",
        TRACED,
        psw=7,
        keep=0xFFF7,
    ),
    "counts steps, as anyone sees": Timed(
        CLOCK + "timer <- timer - 1 when timer >u 1\n ticks <- ticks + 1",
        'add state ticks : word @general "Steps." add instr rc "d" D(0xa0) "Read them." { x[d] <- ticks }'
        ' add instr sc "d" D(0xa1) "Set them." { ticks <- x[d] }',
        see="rc r12\n xor r13, r13, r12\n andi r12, r12, 15\n sc r12",
    ),
    "counts in a field that is the guest's": Timed(
        CLOCK + "timer <- timer - 1 when timer >u 1\n psw.n <- psw.n + 1 when psw.n != 77",
        'override state psw : word @control "Status." { mode : Mode = [0] @mode, ie = [1] @enable, n = [15:8] }'
        ' add instr rc "d" D(0xa0) "Read it." { x[d] <- zext(psw.n) }'
        ' add instr sc "d" D(0xa1) "Set it." { psw.n <- x[d][7:0] }',
        see="rc r12\n xor r13, r13, r12\n andi r12, r12, 63\n sc r12",
    ),
}
