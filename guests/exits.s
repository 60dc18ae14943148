# Make a monitor work: read the timer N times, which is an exit each time. `trapline bench` measures the cost with it.
#
# prints: 1000 exits
# exit: r1 = 0
# steps: 4000

        .include "lib/macros.s"

        .equ N, 1000

        .org 16
start:  la   sp, stack
        li   r8, N
loop:   rtim r3                 # privileged, quick, and the same at every step: the timer is off
        addi r8, r8, -1
        bnez r8, loop
        li   r1, N
        call putd
        print " exits"
        newline
        set  r1, 0
        halt

        .include "lib/console.s"
        .space 32
stack:
