"""A guest that has everything under way at once, and never rests: the clock interrupts it, its disk reads and writes,
it polls its console, and goes all over its storage. What it has seen of each goes into one sum, so nothing is lost
without a trace."""

from functools import cache
from random import Random

from isa.assembler import Image
from isa.assembler.assembly import assemble
from isa.machines.catalogue import find
from monitor.host import Definition, DiskPart, Host

WORDS = 4096
DISK = Random(1).randbytes(8 * 128 * 4)  # eight blocks
GUEST = """
        .org 8
        .word handler, Mode.supervisor, 0, 4096
        .org 16
start:  set  r12, 1
        set  r2, 37
        stim r2
        lpsw begun(r0)
begun:  .word loop, 2, 0, 4096          # with interrupts
handler: lw  r4, 4(r0)
        add  r11, r11, r4               # why
        rpnd r5
        cpnd r5
        add  r11, r11, r5
        set  r4, 41
        stim r4
        lpsw 0(r0)

loop:   addi r9, r9, 1
        set  r2, 97
        mul  r1, r9, r2
        andi r1, r1, 1023
        lw   r3, 2048(r1)               # somewhere
        add  r3, r3, r9
        add  r3, r3, r11
        sw   r3, 2048(r1)
        sw   r9, 3072(r1)               # and somewhere else, whatever was there
        rtim r3
        add  r11, r11, r3
        in   r1, r12                    # the console's status
        andi r1, r1, 1
        beqz r1, quiet
        in   r1, r0
        add  r11, r11, r1
        out  r1, r0
quiet:  set  r2, 4
        in   r1, r2                     # the disk's
        add  r11, r11, r1
        set  r3, 1
        beq  r1, r3, loop
        andi r1, r9, 7                  # it is ready: some block
        set  r2, 3
        out  r1, r2
        set  r3, 1024
        set  r2, 2
        out  r3, r2
        xori r10, r10, 3
        bnez r10, ask
        set  r10, 1
ask:    andi r1, r10, 3
        set  r2, 4
        out  r1, r2                     # reads, writes
        sw   r11, 1030(r0)
        j    loop
"""


@cache
def image() -> Image:
    return assemble(find("g3"), GUEST, "juggler.s")


def begin(host: Host) -> None:
    """A machine `web` with this guest, which is on."""
    host.define(Definition("web", "juggler", storage=WORDS, disks=(DiskPart(file="disk"),)), image(), disks=[DISK])
    host.start("web")
