"""What the kernel of the operating system does for a process that has a virtual machine, and what it refuses."""

from collections.abc import Iterable
from functools import partial

import pytest

from guests.catalogue import directory
from isa.assembler import Image, assemble
from isa.devices import Script, standard
from isa.engines.choice import bare
from isa.machine import Machine, Reason, Storage
from tests.planting import Check, Patch, Planted, must_catch
from tests.vmm.hosted import G3, Texts, printed

STORAGE = 8192
WAY = 150  # steps: into the kernel, to a machine or back, and to where the timer is set
SYSTEM = """
        .equ HOSTED, 1
        .equ WINDOWS, 4096
        .equ WINDOW, 1024
        .equ PROCESSES, 2
        .equ PRIMES_BELOW, 100
        .equ TICK, {tick}
        .include "os.s"
        .org WINDOWS
        .include "os/primes.s"
        .org WINDOWS + WINDOW
        .equ HOME, WINDOWS + WINDOW
        .equ BLOCK_AT, 512
        .equ CODE, 640
{program}
        .org HOME + CODE
{machine}
"""
# Each of them is refused: no machine to run; a block that ends beyond the window; one that begins beyond it; storage
# that does; storage whose end wraps; storage that is too large; and there is still no machine.
REFUSED = """
.macro told
        addi r1, r1, 1
        snez r1, r1
        add  r8, r8, r1
.endm
        set  r8, 0
        set  r1, 5
        svc  RUN
        told
        set  r3, 16
        sw   r3, BLOCK_AT + VM_SIZE(r0)
        li   r1, STORAGE_END - 33
        set  r2, CODE
        svc  MACHINE
        told
        li   r1, STORAGE_END + 1
        set  r2, CODE
        svc  MACHINE
        told
        set  r1, BLOCK_AT
        li   r2, STORAGE_END - 15
        svc  MACHINE
        told
        set  r1, BLOCK_AT
        set  r2, -8
        svc  MACHINE
        told
        li   r3, STORAGE_END
        sw   r3, BLOCK_AT + VM_SIZE(r0)
        set  r1, BLOCK_AT
        set  r2, CODE
        svc  MACHINE
        told
        set  r1, 0
        svc  RUN
        told
        mov  r1, r8
        svc  EXIT
        .equ STORAGE_END, 8192 - HOME
"""
# Whatever relocation the block has, the machine reaches its 16 words and no other: it stores where a table says.
CONFINED = """
        set  r3, 16
        sw   r3, BLOCK_AT + VM_SIZE(r0)
        set  r1, BLOCK_AT
        set  r2, CODE
        svc  MACHINE
        bnez r1, wrong
        la   r8, places
        la   r9, places_end
again:  lw   r1, 0(r8)
        sw   r1, BLOCK_AT + VM_BASE(r0)
        lw   r1, 1(r8)
        sw   r1, BLOCK_AT + VM_BOUND(r0)
        lw   r1, 2(r8)
        sw   r1, BLOCK_AT + VM_X + 2(r0)
        lw   r1, 3(r8)
        sw   r1, BLOCK_AT + VM_PC(r0)
2:      set  r1, 50
        svc  RUN
        set  r2, 4
        bgtu r1, r2, 2b         # the kernel's own clock
        lw   r2, 4(r8)
        bne  r1, r2, wrong
        addi r8, r8, 5
        bne  r8, r9, again
        set  r1, 0
        svc  EXIT
wrong:  set  r1, 1
        svc  EXIT
places: .word 0, 16, 5, 0, Cause.svc           # base, bound, where, pc: within
        .word 0, 16, 16, 0, Cause.memory
        .word 0, -1, 16, 0, Cause.memory
        .word 0, -1, -1, 0, Cause.memory
        .word 0, 16, -1, 0, Cause.memory
        .word 15, -1, 1, 0, Cause.illegal       # its last word, which is 0
        .word 15, -1, 1, 1, Cause.memory
        .word 16, -1, 0, 0, Cause.memory
        .word -8, 16, 0, 0, Cause.memory
        .word -1, 1, 0, 0, Cause.memory
        .word 0, 1, 1, 0, Cause.memory
        .word -1, -1, 1, 1, Cause.memory
places_end:
"""
STORES = """
        sw   r1, 0(r2)
        svc  1
"""
# Turns of all lengths, until the machine has counted to 200 in 600 steps: not one step more or less.
COUNTED = """
        set  r3, 16
        sw   r3, BLOCK_AT + VM_SIZE(r0)
        sw   r3, BLOCK_AT + VM_BOUND(r0)
        set  r1, BLOCK_AT
        set  r2, CODE
        svc  MACHINE
        set  r8, 0              # steps so far
        set  r9, 1              # and for the next turn
again:  set  r1, 600
        sub  r1, r1, r8
        bleu r1, r9, 1f
        mov  r1, r9
1:      svc  RUN
        lw   r2, BLOCK_AT + VM_RAN(r0)
        bltu r9, r2, wrong
        add  r8, r8, r2
        addi r9, r9, 3
        andi r9, r9, 63
        addi r1, r8, -600
        bnez r1, again
        lw   r1, BLOCK_AT + VM_X + 1(r0)
        addi r1, r1, -200
        bnez r1, wrong
        lw   r1, BLOCK_AT + VM_X + 12(r0)
        addi r1, r1, -277
        bnez r1, wrong
        svc  EXIT
wrong:  set  r1, 1
        svc  EXIT
        .org HOME + BLOCK_AT + VM_X + 12
        .word 77
"""
COUNTS = """
        addi r1, r1, 1
        addi r12, r12, 1
        beq  r0, r0, HOME + CODE
"""


def texts() -> Texts:
    """The sources of the system."""
    return Texts({})


def image(program: str, machine: str = "", tick: int = 500) -> Image:
    source = SYSTEM.format(program=program, machine=machine, tick=tick)
    return assemble(G3, source, str(directory() / "calls.s"), texts())


def run(image: Image) -> Machine:
    on = bare(G3, Storage(G3.word, STORAGE), standard(G3, input=Script()))
    on.load(image)
    assert on.run(400_000).reason is Reason.HALT
    return on


def ended(on: Machine) -> str:
    """What the kernel says of the process with the machine; the other one has not noticed anything."""
    lines = printed(on.ports).splitlines()
    assert "primes: 25 below 100" in lines
    return next(line for line in lines if line.startswith("[process 2"))


def check_refused() -> None:
    assert ended(run(image(REFUSED))) == "[process 2 ends with 0]"


def check_confined() -> None:
    on = run(image(CONFINED, STORES))
    assert ended(on) == "[process 2 ends with 0]"


def check_counted(tick: int) -> None:
    """And the kernel's own clock ticks on, late by no more than a way through the kernel."""
    system = image(COUNTED, COUNTS, tick)
    on = run(system)
    assert ended(on) == "[process 2 ends with 0]"
    assert on.steps <= (tick + WAY) * (on.storage.load(system.symbols["now"]) + 1)


def test_what_lies_outside_the_window_is_no_machine() -> None:
    check_refused()


def test_a_machine_reaches_its_own_storage_and_no_other() -> None:
    check_confined()


@pytest.mark.parametrize("ticks", [(331,), pytest.param(range(250, 420), marks=pytest.mark.nightly)], ids=str)
def test_a_machine_takes_exactly_its_steps_wherever_the_clock_falls(ticks: Iterable[int]) -> None:
    for tick in ticks:
        check_counted(tick)


counted = partial(check_counted, 331)
BUGS: dict[tuple[str, str], Check] = {
    ("addi r3, r3, 1          # the clock traps at 1", "nop"): counted,
    ("snez r3, r3\n        add  r2, r2, r3         # the timer at", "set r3, 1\n        add r2, r2, r3 # at"): counted,
    ("mov  r3, r5\n2:", "nop\n2:"): check_confined,
    ("bltu r2, r4, 1f\n        set  r5, 0", "bltu r2, r4, 1f\n        nop"): check_confined,
    ("sw   r1, VM_X + 12(r12)", "nop"): counted,
    ("lw   r12, VM_X + 12(r8)", "nop"): counted,
    ("back:   stim r2\n        set  r2, trap", "back:   stim r2\n        set  r2, machine_trap"): counted,
    (
        "sub  r3, r3, r2\n        sw   r3, VM_RAN",
        "sub  r3, r3, r2\n        addi r3, r3, 1\n        sw   r3, VM_RAN",
    ): counted,
    ("set  r2, VM_SHARED", "set  r2, 1"): check_refused,
    ("lw   r2, VM_SIZE(r8)\n        call physical", "set r2, 1\n        call physical"): check_refused,
    ("beqz r8, refuse", "nop"): check_refused,
    ("set  r2, 1              # the tick is due", "set  r2, 30000"): counted,
}


DAILY = 1  # of them


@pytest.mark.parametrize(
    "change",
    [pytest.param(change, marks=() if n < DAILY else pytest.mark.nightly) for n, change in enumerate(BUGS)],
    ids=lambda change: change[0].partition("\n")[0],
)
def test_a_planted_bug_is_caught(change: tuple[str, str], monkeypatch: Patch) -> None:
    def plant(patch: Patch) -> None:
        patch.setattr("tests.vmm.test_machine_calls.texts", partial(Texts, {change[0]: change[1]}))

    must_catch(Planted(change[0], plant, BUGS[change]), monkeypatch, (AssertionError,))
