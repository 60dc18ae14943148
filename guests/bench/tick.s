# Wait ROUNDS times, 100 steps each, for the clock alone.
#
# The checksum, in word 7 at the halt, is the number of times.

        .equ ROUNDS, 100
        .equ RESULT, 7

        .org 16
start:  li   r8, ROUNDS
        set  r9, 0
        set  r2, 100
1:      stim r2
        idle
        addi r9, r9, 1
        bne  r9, r8, 1b
        sw   r9, RESULT(r0)
        set  r1, 0
        halt
