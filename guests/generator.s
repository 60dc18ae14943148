# Makes code and runs it: a routine that enables interrupts, written into an empty buffer. Then it waits for the clock. A
# monitor that looked through its program beforehand has not seen that instruction.
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
        sw   r1, buffer(r0)
        lw   r1, return(r0)
        sw   r1, buffer + 1(r0)
        call buffer
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
return: ret
buffer: .space 2

        .include "lib/console.s"
        .space 32
stack:
