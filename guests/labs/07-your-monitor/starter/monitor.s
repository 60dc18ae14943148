# Your monitor: the relocation, and the interpreter of privileged instructions. skeleton.s has the rest; handout.md says
# what is asked, and docs/monitors-in-assembly.md has the block of a virtual machine.
#
# This much works: a guest that computes, is never relocated, prints nothing, and halts. See how far another one comes:
#
#     trapline asm monitor.s -o monitor.image && trapline compare hello --under monitor.image
#
# All registers are yours: the guest's are in the block. When you are done with an instruction, jump to `next`, which goes
# on behind it, or to `passed`, if VM_PC says already where the guest goes on. `reflect` has the guest's own machine trap,
# with the cause in r8 and the info in r9.

        .include "skeleton.s"

# relocate: r1 = the real base, r2 = the real bound with which the guest is to run now. It is called before each `leave`.
# The guest believes in VM_BASE and VM_BOUND, its storage has VM_SIZE words and begins at our VM_WINDOW. Uses r1 to r7.
relocate:
        lw   r1, vm + VM_WINDOW(r0)     # all of its window: right for a guest that has not changed its relocation
        lw   r2, vm + VM_SIZE(r0)
        ret

# privileged: the real machine has refused the instruction whose word is in r9 (and r8 is Cause.privileged). The hardware
# has decoded it: nothing but the thirteen privileged ones gets here.
privileged:
        srli r10, r9, 20
        andi r10, r10, 15       # r10: the number of register d
        srli r11, r9, 16
        andi r11, r11, 15       # r11: the number of register a
        srli r1, r9, 24
        andi r1, r1, 15
        lw   r1, emulated(r1)
        jr   r1

# In the order of their codes, 0x80 to 0x8c; do_rtim, do_stim and do_halt are in skeleton.s.
emulated:
        .word do_lpsw, do_rpsw, do_rrel, do_lrel, do_rtim, do_stim, do_rpnd, do_cpnd
        .word do_in, do_out, do_setie, do_idle, do_halt, panic, panic, panic

# What follows is to be written. As long as it is not, the monitor stops there.
do_lpsw: j    panic
do_rpsw: j    panic
do_rrel: j    panic
do_lrel: j    panic
do_rpnd: j    panic
do_cpnd: j    panic
do_in:  j    panic
do_out: j    panic
do_setie:
        j    panic
do_idle: j    panic
