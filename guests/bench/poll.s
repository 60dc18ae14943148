# Print the input as it comes, and ask the console for its status all the time in between: a driver without interrupts.
#
# The checksum, in word 7 at the halt, is the number of characters, ROUNDS if there were so many.

        .equ ROUNDS, 100
        .equ RESULT, 7
        .equ STATUS, 1

        .org 16
start:  li   r8, ROUNDS
        set  r9, 0
        set  r2, STATUS
1:      in   r3, r2
        andi r4, r3, 1
        beqz r4, 1b
        in   r5, r0
        out  r5, r0
        addi r9, r9, 1
        bne  r9, r8, 1b
        sw   r9, RESULT(r0)
        set  r1, 0
        halt
