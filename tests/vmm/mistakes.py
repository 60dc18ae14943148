"""Mistakes in the text of the monitor in assembly, and what must find each: `test_mistakes.py` and proofs see to that.

`MISTAKES` is the table. A mistake replaces a text that occurs once; its `shown` is the least that shows it: a shipped
guest, a program of a few lines, several guests at once, or random hostile ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from proofs.programs.convention import Monitor
from proofs.under.blocks import watchable
from proofs.under.comparing import compare
from proofs.under.hostile import Arena
from tests.vmm.cases import BUDGET, case, program
from tests.vmm.packed import G3, planted

Shown = Callable[[Monitor], bool]  # whether a monitor is found to be wrong
HOSTILE = 140  # random guests, if not said otherwise


@dataclass(frozen=True)
class Mistake:
    """In `file`, `old` is written as `new`."""

    name: str
    old: str
    new: str
    shown: Shown

    @cached_property
    def monitor(self) -> Monitor:
        return watchable(G3, planted(self.old, self.new), self.name)

    @property
    def found(self) -> bool:
        return self.shown(self.monitor)


def guest(name: str) -> Shown:
    """A shipped guest does something else than bare."""
    return lambda monitor: not compare(case(name, monitor), BUDGET).equivalent


def text(lines: str, blocks: int = 0) -> Shown:
    """A program does, with a disk of so many blocks and beside another guest that has one as well."""

    def shown(monitor: Monitor) -> bool:
        one, other = program(lines, monitor, blocks=blocks), case("disk", monitor)
        return not compare(replace(one, guests=(*one.guests, *other.guests)), BUDGET).equivalent

    return shown


def together(*names: str) -> Shown:
    """One of several guests does, side by side."""

    def shown(monitor: Monitor) -> bool:
        cases = [case(name, monitor) for name in names]
        tenants = tuple(replace(one.guests[0], share=500) for one in cases)
        return not compare(replace(cases[0], guests=tenants), BUDGET).equivalent

    return shown


def hostile(guests: int = HOSTILE) -> Shown:
    """A hostile guest does, or does harm to others or to the monitor."""
    return lambda monitor: next(Arena(case("os", monitor)).check(range(guests)), None) is not None


# A program that loads a status which lies at word {} of 20 that it may reach; and one that reads from address {} and
# block {} of a disk.
SHORT = "set r2, 20\nlrel r0, r2\nlpsw {}(r0)\nhandler: lw r1, 0(r0)\nhalt"
MOVE = """
        set  r1, {}
        set  r2, 2
        out  r1, r2
        set  r1, {}
        set  r2, 3
        out  r1, r2
        set  r2, 4
        set  r1, 1
        out  r1, r2
wait:   in   r3, r2
        beq  r3, r1, wait
        mov  r1, r3
        halt
"""
# One whose timer is at 1 while its disk is busy, with interrupts off.
BUSY = """
        set  r1, 9
        stim r1
        set  r2, 4
        set  r1, 1
        out  r1, r2
        set  r3, 200
wait:   addi r3, r3, -1
        bnez r3, wait
        halt
"""

MISTAKES = (
    # ---- the dispatcher
    Mistake("a clock trap taken for another", "xori r2, r8, Cause.clock", "xori r2, r8, Cause.svc", guest("stopwatch")),
    Mistake(
        "the way in not counted",
        "addi r1, r1, 2          # the two",
        "addi r1, r1, 1          # the two",
        guest("dice"),
    ),
    Mistake("a register not given back", "lw   r9, vm + VM_X + 9(r0)", "nop", guest("primes")),
    Mistake("the bound not cut at the window", "1:      bleu r3, r4, 2f", "1:      b    2f", hostile()),
    Mistake(
        "a base beyond the window let through",
        "bgeu r1, r2, 1f         # a base",
        "bgeu r0, r2, 1f         # a base",
        hostile(),
    ),
    Mistake("a pending device that waits", "beqz r2, 4f\n        set  r1, 0", "beqz r2, 4f", hostile()),
    Mistake(
        "interrupts though they are off",
        "andi r1, r1, INTERRUPTS\n        beqz r1, resume",
        "andi r1, r1, INTERRUPTS",
        text(BUSY, 2),
    ),
    Mistake(
        "the device before the clock",
        "addi r1, r1, -1\n        beqz r1, reflect\n        set  r8, Cause.device",
        "set  r8, Cause.device",
        hostile(),
    ),
    # ---- the interpreter
    Mistake(
        "register 0 that is not 0", "sw   r0, vm + VM_X(r0)", "nop", text("rpsw r0\nsetie 1\nrpsw r0\nmov r1, r0\nhalt")
    ),
    Mistake(
        "a clock that counts as it is set",
        "j    timeless           # it begins",
        "j    passed             # it begins",
        guest("stopwatch"),
    ),
    Mistake(
        "a clock that runs out to 0",
        "set  r3, 1              # down to 1, where it holds",
        "set  r3, 0",
        text("set r2, 3\nstim r2\nset r3, 1\nset r3, 2\nset r3, 3\nset r3, 4\nrtim r1\nhalt"),
    ),
    Mistake(
        "the real status in the trap area",
        "sw   r2, SAVED_PSW(r1)",
        "lw   r2, SAVED_PSW(r0)\n        sw   r2, SAVED_PSW(r1)",
        text("svc 5\nhandler: halt"),
    ),
    Mistake(
        "users as privileged as supervisors",
        "andi r1, r1, Mode.user\n        bnez r1, reflect\n        srli r10",
        "srli r10",
        text("lpsw 18(r0)\nhandler: halt\n.word user, 3, 0, 60\nuser: halt"),
    ),
    Mistake(
        "lpsw that stops half-way",
        "mov  r4, r2\n        addi r1, r1, 1",
        "sw   r2, vm + VM_PC(r0)\n        mov  r4, r2\n        addi r1, r1, 1",
        text(SHORT.format(19)),
    ),
    Mistake(
        "an offset without its sign",
        "srai r2, r2, 16",
        "srli r2, r2, 16",
        text("set r2, 13\nlpsw -1(r2)\nhandler: halt"),
    ),
    Mistake(
        "a status from beyond the window",
        "bgeu r1, r2, 1f\n        lw   r2, SAVED_BASE(r0)",
        "lw   r2, SAVED_BASE(r0)",
        text(SHORT.format(20)),
    ),
    Mistake(
        "the bits that are kept cleared",
        "not  r1, r1\n        lw   r2, vm + VM_PENDING(r0)",
        "lw   r2, vm + VM_PENDING(r0)",
        guest("os"),
    ),
    Mistake(
        "the base where both are one register",
        "mov  r10, r11           # if both",
        "nop                     # if both",
        text("rrel r3, r4\nhalt"),
    ),
    Mistake(
        "eight ports for sixteen",
        "andi r11, r11, 15       # the port",
        "andi r11, r11, 7        # the port",
        text("set r2, 9\nin r1, r2\nhalt"),
    ),
    Mistake(
        "a port that is not looked at",
        "andi r11, r11, 15\n        lw   r1, vm + VM_X(r10)",
        "lw   r1, vm + VM_X(r10)",
        hostile(),
    ),
    # ---- the allocator
    Mistake("two guests in one window", "sw   r3, room(r0)", "nop", together("hello", "dice")),
    Mistake(
        "an old block for the current one",
        "set  r2, vm             # what is",
        "nop                     # what is",
        together("echo", "disk", "stopwatch"),
    ),
    # ---- the devices
    Mistake("what is typed comes late", "addi r1, r1, INTERVAL", "addi r1, r1, INTERVAL + 1", guest("echo")),
    Mistake(
        "any block of the disk",
        "bgeu r2, r4, 1f\n        lw   r4, vm + VM_FIRST(r0)",
        "lw   r4, vm + VM_FIRST(r0)",
        text(MOVE.format(0, 2), 2),
    ),
    Mistake(
        "another guest's block",
        "lw   r4, vm + VM_FIRST(r0)\n        add  r2, r2, r4",
        "lw   r4, vm + VM_FIRST(r0)",
        guest("disk"),
    ),
    Mistake(
        "a block that reaches beyond the window",
        "bltu r5, r4, 1f\n        lw   r1, vm + VM_WINDOW(r0)",
        "lw   r1, vm + VM_WINDOW(r0)",
        text(MOVE.format(1, 0), 2),
    ),
    Mistake("a disk that is done at once", "addi r1, r1, DURATION", "addi r1, r1, DURATION - 1", guest("disk")),
    Mistake("a random source without words", "j    splitmix", "j    nothing", guest("dice")),
)
