# Writes its own code: makes an instruction that disables interrupts into one that enables them, and waits for the clock.
# A monitor that had put another word there finds it gone, and the new instruction is lost.
#
# machine: g3_popf
# prints: the clock rang
# exit: r1 = 0
# steps: 2000
# monitored: differs

        .include "lib/macros.s"
        .include "lib/traps.s"

        .equ PATIENCE, 200      # how often to look before giving up
        .equ ENABLE, 0x8a000001 # setie 1

start:  la   sp, stack
        la   r1, rang
        sw   r1, resume(r0)
        set  r1, 100
        stim r1
        li   r1, ENABLE
        sw   r1, here(r0)
here:   setie 0
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
