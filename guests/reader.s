# Reads its own code: notices a monitor that has put another word in the place of an instruction. It enables interrupts
# and waits for the clock, as popf.s does, and then looks whether the instruction is as it was written.
#
# machine: g3_popf
# prints: the clock rang
# prints: my code is as I wrote it
# exit: r1 = 0
# steps: 2000
# monitored: differs

        .include "lib/macros.s"
        .include "lib/traps.s"

        .equ PATIENCE, 200      # how often to look before giving up
        .equ WRITTEN, 0x8a000001 # setie 1

start:  la   sp, stack
        la   r1, rang
        sw   r1, resume(r0)
        set  r1, 100
        stim r1
here:   setie 1
        set  r8, PATIENCE
wait:   addi r8, r8, -1
        bnez r8, wait
        print "silence: the interrupt mask was never set\n"
        set  r1, 1
        halt
rang:   stim r0
        print "the clock rang\n"
        lw   r8, here(r0)
        li   r9, WRITTEN
        bne  r8, r9, changed
        print "my code is as I wrote it\n"
        set  r1, 0
        halt
changed:
        print "somebody has changed my code\n"
        set  r1, 1
        halt

        .include "lib/console.s"
        .space 32
stack:
