# Read the timer ROUNDS times: privileged, quick, and the same each time, for the timer is off. Under a monitor each
# round is one instruction emulated and nothing else.
#
# The checksum, in word 7 at the halt, is the number of times.

        .equ ROUNDS, 100
        .equ RESULT, 7

        .org 8
        .word wrong, Mode.supervisor, 0, 0xffffffff

        .org 16
start:  li   r8, ROUNDS
        set  r9, 0
1:      rtim r1
        addi r9, r9, 1
        bne  r9, r8, 1b
        sw   r9, RESULT(r0)
        set  r1, 0
        halt
wrong:  set  r1, 1              # there is no trap in this program
        halt
