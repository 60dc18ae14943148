# The Fibonacci number of N by the doubly recursive definition, ROUNDS times: calls, returns and the stack.
#
# The checksum, in word 7 at the halt, is s = 31 s + the number, in each round.

        .equ N, 12
        .equ ROUNDS, 2
        .equ RESULT, 7

        .org 8
        .word wrong, Mode.supervisor, 0, 0xffffffff

        .org 16
start:  la   sp, stack
        li   r12, ROUNDS
        set  r13, 0             # s
1:      li   r1, N
        call fib
        slli r2, r13, 5
        sub  r13, r2, r13
        add  r13, r13, r1
        addi r12, r12, -1
        bnez r12, 1b
        sw   r13, RESULT(r0)
        set  r1, 0
        halt
wrong:  set  r1, 1              # there is no trap in this program
        halt

# fib: r1 = the Fibonacci number of r1. 0 and 1 are their own, and need no frame.
fib:    sltiu r2, r1, 2
        bnez r2, 1f
        addi sp, sp, -3
        sw   ra, 2(sp)
        sw   r8, 1(sp)
        sw   r9, 0(sp)
        mov  r8, r1
        addi r1, r1, -1
        call fib
        mov  r9, r1
        addi r1, r8, -2
        call fib
        add  r1, r1, r9
        lw   ra, 2(sp)
        lw   r8, 1(sp)
        lw   r9, 0(sp)
        addi sp, sp, 3
1:      ret

        .space 192
stack:
