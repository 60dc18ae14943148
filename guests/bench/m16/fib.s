# The Fibonacci number of N by the doubly recursive definition, ROUNDS times: calls, returns and the stack.
#
# machine: ../m16.isa
#
# The checksum, in word 7 at the halt, is s = 31 s + the number, in each round.

        .equ N, 12
        .equ ROUNDS, 2
        .equ LEFT, 5            # rounds that are left
        .equ RESULT, 7

        .org 32
start:  word g3, stack
        word g0, ROUNDS
        keep LEFT, g0
        put  g0, 0
        keep RESULT, g0
round:  put  g0, N
        gosub fib
        find g0, RESULT         # 31 s = 32 s - s
        copy g2, g0
        .rept 5
        plus g2, g2
        .endr
        minus g2, g0
        plus g2, g1
        keep RESULT, g2
        find g0, LEFT
        bump g0, -1
        keep LEFT, g0
        is   g0, 0
        else round
        put  g1, 0
        stop

# fib: g1 = the Fibonacci number of g0. 0 and 1 are their own, and need no frame.
fib:    put  g1, 2
        below g0, g1
        else 1f
        copy g1, g0
        go   g2
1:      bump sp, -2
        stow sp[1], g2
        stow sp[0], g0
        bump g0, -1
        gosub fib
        get  g0, sp[0]
        stow sp[0], g1
        bump g0, -2
        gosub fib
        get  g0, sp[0]
        plus g1, g0
        get  g2, sp[1]
        bump sp, 2
        go   g2

        .space 128
stack:
