# A pseudo-random sequence in registers alone, ROUNDS times 1,000 steps of it.
#
# The checksum, in word 7 at the halt, is the sum of the numbers; every sixteenth time the count of those that are left
# is mixed in.

        .equ ROUNDS, 2
        .equ SEED, 2463534242
        .equ RESULT, 7

        .org 8
        .word wrong, Mode.supervisor, 0, 0xffffffff

        .org 16
start:  li   r1, SEED
        li   r2, ROUNDS * 1000
        set  r3, 0              # s
1:      slli r4, r1, 13
        xor  r1, r1, r4
        srli r4, r1, 17
        xor  r1, r1, r4
        slli r4, r1, 5
        xor  r1, r1, r4
        add  r3, r3, r1
        andi r4, r2, 15
        bnez r4, 2f
        xor  r3, r3, r2
2:      addi r2, r2, -1
        bnez r2, 1b
        sw   r3, RESULT(r0)
        set  r1, 0
        halt
wrong:  set  r1, 1              # there is no trap in this program
        halt
