"""What holds of every shortcut of the engine, the machine and the time law: `test_engine_planted_bugs.py` breaks it."""

from dataclasses import replace

import pytest

from isa.assembler import assemble
from isa.description import Isa
from isa.devices import Ports
from isa.engines.choice import DEFAULT, choose
from isa.language import load_text
from isa.machine import Machine, Reason, Storage
from isa.machine.machine import EngineFactory
from tests import ir_evaluation
from tests.isa.alarm import Alarm
from tests.isa.test_engine_programs import blocks, outcome
from tests.machines_to_test import G3

Patch = pytest.MonkeyPatch
USUAL = choose(DEFAULT)
SIZE = 256
CAUGHT = (AssertionError, IndexError)

LOOP = """
        .org 16
start:  addi r1, r1, 1
        xor  r2, r2, r1
        slti r3, r1, 50
        beqz r3, out            # leaves in the middle
        add  r4, r4, r2
        b    start
out:    sw   r4, 200(r0)
        halt
"""

SELF = """
        .org 16
start:  set  r5, 60
loop:   addi r1, r1, 1
patch:  addi r2, r2, 1          # becomes another instruction
        slti r3, r1, 30
        bnez r3, on
        lw   r4, other(r0)
        sw   r4, patch(r0)
on:     blt  r1, r5, loop
        halt
other:  addi r2, r2, 100
"""

MOVED = """
        .org 16
start:  set  r9, 200
        set  r2, 40
        b    work
        .org 24
work:   addi r4, r4, 1
        addi r5, r5, 1
        lrel r2, r9             # the same addresses, another place
        slti r6, r5, 150
        bnez r6, work
        halt
        .org 64                 # 40 + 24: `work` there
        addi r4, r4, 100
        addi r5, r5, 2
        lrel r0, r9
        beq  r0, r0, . - 3
"""

CLOCK = """
        .org 16
start:  set  r1, handler
        sw   r1, 8(r0)
        set  r1, 256
        sw   r1, 11(r0)
        set  r2, 70 + LATER
        stim r2
        setie 1
loop:   addi r3, r3, 1
        addi r4, r4, 3
        xor  r5, r5, r3
        b    loop
handler: lw  r8, 0(r0)
        halt
"""

TIMER = """
        .org 16
start:  set  r2, 20             # runs out long before it is read, with interrupts off
        stim r2
loop:   addi r3, r3, 1
        slti r4, r3, 60
        bnez r4, loop
        rtim r5
        halt
"""

WAIT = """
        .org 16
start:  set  r2, 500
        stim r2
        idle
        rtim r5
        halt
"""

POLL = """
        .org 16
start:  set  r2, 1
loop:   addi r3, r3, 1
        rpnd r4
        beqz r4, loop
        in   r5, r2
        halt
"""

CALL = """
        .org 16
start:  set  r1, handler
        sw   r1, 8(r0)
        set  r1, 256
        sw   r1, 11(r0)
        set  r2, 1
        set  r6, 20
loop:   svc  3
        in   r5, r2
        addi r7, r7, 1
        blt  r7, r6, loop
        halt
handler: lw  r8, 0(r0)
        addi r8, r8, 1
        sw   r8, 0(r0)
        lpsw 0(r0)
"""

ENTERED = """
        .org 5
body:   addi r2, r2, 1          # becomes another instruction: here the trap entry puts its info
        blt  r2, r5, body
        jr   r15
        .org 16
start:  set  r1, handler
        sw   r1, 8(r0)
        set  r1, 256
        sw   r1, 11(r0)
        set  r5, 60
        call body
        lw   r4, other(r0)
        lw   r3, 0(r4)          # no address, but an instruction
handler: set r5, 2000
        call body
        halt
other:  addi r2, r2, 100
"""

LAST = """
variant last of g3 "A trap is the last thing that happens." {
  override on trap(cause : Cause, info : word) "Stop." { storage[4] <- zext(cause); storage[5] <- info; halted <- 1 }
}
"""

STOPPED = """
        .org 16
start:  set  r1, 1
        svc  3
        set  r1, 2
        halt
"""

LOOSE = """
variant loose of g3 "A view that lets accesses out of storage: they read zero and write nothing." {
  override view mem[va : word] : word "Only the bound counts." {
    trap memory(va) when va >=u bound
    return storage[base + va]
  }
}
"""

OUTSIDE = f"""
        .org 16
start:  set  r2, {SIZE}
        set  r9, {SIZE + 1}
        lrel r0, r9
        set  r3, 40
loop:   addi r1, r1, 1
        lw   r4, 0(r2)          # the first word that is not there
        sw   r1, 0(r2)
        blt  r1, r3, loop
        halt
"""


def g3() -> Isa:
    """G3, new: what is compiled for it is compiled now."""
    return replace(G3)


def made(source: str, isa: Isa, alarm: list[int], engine: EngineFactory = USUAL) -> Machine:
    machine = Machine(isa, Storage(isa.word, SIZE), Ports({1: Alarm(alarm)}), engine=engine)
    machine.load(assemble(isa, source, "planted"))
    return machine


def shortcuts_agree(source: str, isa: Isa | None = None, alarm: list[int] | None = None) -> None:
    """Blocks, horizons and skips do what single steps by the definition do."""
    isa, alarm = isa or g3(), alarm or []
    definition = made(source, replace(isa), alarm)
    ir_evaluation.run(definition, 2000)
    assert definition.halted
    for longest in (2, 8):
        with blocks(longest):
            fast = made(source, isa, alarm)
            assert fast.run(2000).reason is Reason.HALT
        assert outcome(fast) == outcome(definition)


def a_loop_that_leaves_in_the_middle() -> None:
    shortcuts_agree(LOOP)


def code_that_rewrites_itself() -> None:
    shortcuts_agree(SELF)


def a_trap_entry_over_code() -> None:
    shortcuts_agree(ENTERED)


def a_trap_entry_that_halts() -> None:
    shortcuts_agree(STOPPED, load_text(LAST))


def code_under_two_relocations() -> None:
    shortcuts_agree(MOVED)


def the_clock_rings_in_a_loop() -> None:
    """Wherever in the loop it rings."""
    for later in range(4):
        shortcuts_agree(CLOCK.replace("LATER", str(later)))


def the_timer_stops_at_1() -> None:
    shortcuts_agree(TIMER)


def waiting_takes_its_time() -> None:
    shortcuts_agree(WAIT)


def a_device_calls_in_time() -> None:
    shortcuts_agree(POLL, alarm=[100])
    machine = made(POLL, g3(), [100])
    machine.run(2000)
    answer = machine.state["x"][5]  # type: ignore[index]
    assert answer == machine.steps - 2


def a_device_is_asked_after_traps() -> None:
    shortcuts_agree(CALL)


def storage_ends_where_it_ends() -> None:
    shortcuts_agree(OUTSIDE, load_text(LOOSE))
