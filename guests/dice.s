# Throw THROWS dice with the random source, then say how often each number came up. The seed decides what is printed.
#
# prints: 1: 7
# prints: 2: 11
# prints: 3: 7
# prints: 4: 12
# prints: 5: 11
# prints: 6: 12
# exit: r1 = 0
# steps: 20000

        .include "lib/macros.s"

        .equ THROWS, 60
        .equ RANDOM, 5          # the port of the random source

        .org 16
start:  la   sp, stack
        la   r8, counts
        set  r9, THROWS
        set  r10, 6
        set  r11, RANDOM
throw:  in   r1, r11
        remu r1, r1, r10
        add  r2, r8, r1
        lw   r3, 0(r2)
        addi r3, r3, 1
        sw   r3, 0(r2)
        addi r9, r9, -1
        bnez r9, throw

        set  r9, 0
report: addi r1, r9, 1
        call putd
        print ": "
        add  r1, r8, r9
        lw   r1, 0(r1)
        call putd
        newline
        addi r9, r9, 1
        blt  r9, r10, report
        set  r1, 0
        halt

        .include "lib/console.s"
        .space 32
stack:
counts: .space 6
