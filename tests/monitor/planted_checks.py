"""The checks that must find planted bugs: small guests, each with what it is about, and what is asked of the monitor.

A check raises AssertionError if the monitor is wrong. Each makes its own description, so that nothing that was compiled
for one check is used by another.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from isa.assembler import assemble
from isa.description import Isa
from isa.devices import BLOCK, Disk, MemoryBacking, Ports
from isa.engines.choice import bare
from isa.language import load_text
from isa.machine import Reason, Storage
from isa.machines.catalogue import find
from monitor import ExitEvent, Monitor, VirtualMachine
from monitor.allocator import Allocator
from proofs.runs.compare import Setup, compare
from tests.isa.alarm import Alarm
from tests.isa.shortcut_checks import LAST, STOPPED
from tests.time_machines import TIMED

SIZE, REAL = 1024, 8192
BUDGET = 3000

VECTORS = f"""
        .org 16
start:  set  r1, handler
        sw   r1, 8(r0)
        set  r1, {SIZE}
        sw   r1, 11(r0)
"""

CLOCK = f"""{VECTORS}
        set  r2, 37
        stim r2
        setie 1
loop:   addi r3, r3, 1
        addi r4, r4, 3
        xor  r5, r5, r3
        slti r6, r3, 200
        bnez r6, loop
        rtim r9
        halt
handler: addi r7, r7, 1
        lw   r8, 0(r0)
        sw   r8, 256(r7)        # where the clock rang
        set  r2, 37
        stim r2
        lpsw 0(r0)
"""

PROCESSES = f"""{VECTORS}
        lpsw first(r0)
handler: lw  r5, 4(r0)
        addi r7, r7, 1
        sw   r5, 100(r7)        # the causes, in order
        lw   r5, 0(r0)
        sw   r5, 120(r7)        # and where
        set  r6, 1
        beq  r7, r6, next
        set  r6, 2
        beq  r7, r6, on
        halt
next:   lpsw second(r0)
on:     lw   r5, 0(r0)
        addi r5, r5, 1
        sw   r5, 0(r0)
        lpsw 0(r0)
first:  .word 0, 1, 256, 8      # pc, psw, base, bound
second: .word 0, 1, 320, 8
        .org 256
        lw   r3, 4(r0)
        addi r3, r3, 1
        sw   r3, 5(r0)
        svc  1
        .word 1000
        .org 320
        lw   r4, 4(r0)
        rpsw r4                 # not in user mode
        lw   r8, 9(r0)          # not within the bound
        halt
        .word 2000
"""

BEYOND = f"""{VECTORS}
        set  r1, 1500           # more than there are words
        set  r2, 2000
        lrel r1, r2
handler: lw  r5, 4(r0)
        lw   r6, 5(r0)
        halt
"""

PAST_THE_END = f"""{VECTORS}
        set  r2, {SIZE + 1}
        lrel r0, r2
        lw   r3, {SIZE}(r0)
        halt
handler: lw  r5, 4(r0)
        halt
"""

DEVICES = f"""{VECTORS}
        set  r2, 1
        set  r6, 2
loop:   in   r3, r2             # an alarm answers with the step
        add  r4, r4, r3
        rpnd r5                 # a bit for each alarm, kept until it is cleared
        add  r4, r4, r5
        addi r7, r7, 1
        slti r8, r7, 80
        bnez r8, loop
        cpnd r2
        cpnd r6
        setie 1
wait:   addi r9, r9, 1
        b    wait
handler: rpnd r10
        halt
"""

TRANSFER = f"""{VECTORS}
        set  r2, 2
        set  r3, 3
        set  r4, 4
        set  r5, 512
        set  r8, 1
        out  r5, r2             # storage address
        out  r8, r3             # block
        out  r8, r4             # read
wait:   in   r6, r4
        beq  r6, r8, wait
        lw   r9, 512(r0)
handler: halt
"""

UNPRIVILEGED = """
variant v of g3 "Anyone sets the timer." {
  override instr stim "d" D(0x85) "Set the timer." { timer <- x[d] }
}
"""

TICKING = """
        .org 16
start:  set  r2, 100
        stim r2
        halt
"""


def g3() -> Isa:
    """G3, new: what is compiled for it is compiled now."""
    return replace(find("g3"))


def roomy(setup: Setup) -> VirtualMachine:
    """One virtual machine on a real machine with code behind its window, as that of another would be."""
    real = bare(setup.isa, Storage(setup.isa.word, REAL))
    vm = Monitor(real).create(setup.words, setup.ports())
    behind = vm.storage.offset + vm.storage.size
    (word,) = assemble(setup.isa, "start: addi r3, r3, 1", "behind").segments[0].words
    real.storage.write(behind, [word] * (REAL - behind))
    return vm


def same(source: str, ports: Callable[[], Ports] = Ports, isa: Isa | None = None) -> None:
    """The guest does the same bare and monitored."""
    isa = isa or g3()
    found = compare(Setup(isa, assemble(isa, source, "planted"), SIZE, ports, build=roomy), BUDGET)
    assert found.equivalent, found.divergence
    assert found.monitored is not None and found.monitored.reason is Reason.HALT


def a_count_that_passes_counts_once() -> None:
    """So does one that runs where it is parked, though the machine whose it is may not run it."""
    for kind in ("counts steps, as anyone sees", "parked, it runs for users"):
        same(TIMED[kind].source, isa=replace(TIMED[kind].isa))


def alarms() -> Ports:
    return Ports({1: Alarm([50, 300, 450]), 2: Alarm([70, 320, 600])})


def disk() -> Ports:
    return Ports({2: Disk(MemoryBacking(bytes(range(256)) * (BLOCK * 8 // 256)), 32)})


def the_clock_rings_in_time() -> None:
    same(CLOCK)


def a_trap_entry_may_halt() -> None:
    """In one run, in which the machine that has halted would go on."""
    isa = load_text(LAST)
    image = assemble(isa, STOPPED, "planted")
    vm = roomy(Setup(isa, image, SIZE, Ports))
    vm.load(image)
    assert vm.run(BUDGET).reason is Reason.HALT and vm.steps == 2


def processes_keep_to_their_windows() -> None:
    same(PROCESSES)


def nothing_is_beyond_the_window() -> None:
    same(BEYOND)
    same(PAST_THE_END)


def devices_live_in_virtual_time() -> None:
    same(DEVICES, alarms)


def a_disk_moves_its_own_words() -> None:
    same(TRANSFER, disk)


def every_exit_has_a_reason() -> None:
    """Efficiency: whatever is interpreted was asked for by a trap, real or virtual."""
    isa, events = g3(), list[ExitEvent]()
    monitor = Monitor(bare(isa, Storage(isa.word, REAL)))
    vm = monitor.create(SIZE)
    vm.load(assemble(isa, CLOCK, "planted"))
    monitor.subscribe(events.append)
    assert vm.run(BUDGET).reason is Reason.HALT
    assert all(event.cause for event in events)
    assert vm.statistics.share_direct > 0.8


def a_changed_resource_is_a_breach() -> None:
    isa = load_text(UNPRIVILEGED)
    vm = Monitor(bare(isa, Storage(isa.word, REAL))).create(SIZE)
    vm.load(assemble(isa, TICKING, "planted"))
    end = vm.run(BUDGET)
    assert end.reason is Reason.VIOLATION and "timer" in end.detail


def a_readable_relocation_is_noticed() -> None:
    """A guest that sees its real base must see something else than bare."""
    from guests.catalogue import find as guest_of
    from tests.guests.boot import image_of, outfit

    isa, guest = replace(find("g3_sgdt")), guest_of("sgdt")
    setup = Setup(isa, image_of(guest, isa), guest.storage, lambda: outfit(isa, "", 0))
    assert not compare(setup, guest.steps).equivalent


def windows_are_disjoint_and_clean() -> None:
    storage = Storage(32, REAL)
    storage.write(0, [7] * REAL)
    allocator = Allocator(storage)
    given = [allocator.allocate(size) for size in (SIZE, 10, SIZE + 1)]
    assert all(not any(window.cells) for window in given)
    spans = sorted((w.offset, w.offset + w.size) for w in given)
    assert spans[0][0] >= storage.page_words
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
