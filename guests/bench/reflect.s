# A supervisor traps ROUNDS times into its own handler, which goes on behind the instruction without a privileged one.
# Under a monitor each round is one trap reflected and nothing else.
#
# The checksum, in word 7 at the halt, is the number of traps.

        .equ ROUNDS, 100
        .equ RESULT, 7
        .equ SAVED_PC, 0        # what a trap stores

        .org 8
        .word handler, Mode.supervisor, 0, 0xffffffff

        .org 16
start:  li   r8, ROUNDS
        set  r9, 0
1:      svc  0
        addi r8, r8, -1
        bnez r8, 1b
        sw   r9, RESULT(r0)
        set  r1, 0
        halt

handler:
        addi r9, r9, 1
        lw   r1, SAVED_PC(r0)
        jalr r0, 1(r1)
