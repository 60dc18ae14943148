# The Fibonacci number of N by the doubly recursive definition: nothing but calls, branches and the stack.
#
# prints: fib(15) = 610
# exit: r1 = 0
# steps: 60000

        .include "lib/macros.s"

        .equ N, 15

        .org 16
start:  la   sp, stack
        print "fib("
        set  r1, N
        call putd
        print ") = "
        set  r1, N
        call fib
        call putd
        newline
        set  r1, 0
        halt

# fib: r1 = the Fibonacci number of r1.
fib:    slti r2, r1, 2
        bnez r2, 1f             # 0 and 1 are their own
        push ra
        push r1
        addi r1, r1, -1
        call fib
        pop  r2
        push r1
        addi r1, r2, -2
        call fib
        pop  r2
        add  r1, r1, r2
        pop  ra
1:      ret

        .include "lib/console.s"
        .space 128
stack:
