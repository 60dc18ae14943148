# Notices a monitor on a machine that silently ignores writes to the interrupt mask in user mode. The supervisor sets
# the timer, enables interrupts and waits for the clock. Under a monitor it really runs in user mode: the write is lost
# without a trap, the monitor never hears of it, and the clock never rings.
#
# machine: g3_popf
# prints: the clock rang
# exit: r1 = 0
# steps: 2000
# monitored: differs

        .include "lib/macros.s"
        .include "lib/traps.s"

        .equ PATIENCE, 200      # how often to look before giving up

start:  la   sp, stack
        la   r1, rang
        sw   r1, resume(r0)
        set  r1, 100
        stim r1
        setie 1
        set  r8, PATIENCE
wait:   addi r8, r8, -1
        bnez r8, wait
        print "silence: the interrupt mask was never set\n"
        set  r1, 1
        halt
rang:   stim r0
        print "the clock rang\n"
        set  r1, 0
        halt

        .include "lib/console.s"
        .space 32
stack:
