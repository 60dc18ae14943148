# Count the primes below LIMIT with the sieve of Eratosthenes and print the largest.
#
# prints: 168 primes below 1000, the last is 997
# exit: r1 = 0
# steps: 60000

        .include "lib/macros.s"

        .equ LIMIT, 1000        # at most about 15000: the sieve has one word per number

        .org 16
start:  la   sp, stack
        la   r8, sieve          # sieve[n] is not zero when n is composite
        set  r9, LIMIT
        set  r10, 0             # how many primes
        set  r11, 0             # the last one
        set  r2, 0
clear:  add  r3, r8, r2
        sw   r0, 0(r3)
        addi r2, r2, 1
        blt  r2, r9, clear

        set  r1, 2
next:   bge  r1, r9, report
        add  r3, r8, r1
        lw   r4, 0(r3)
        bnez r4, skip
        addi r10, r10, 1
        mov  r11, r1
        mul  r2, r1, r1         # smaller multiples have a smaller factor
mark:   bge  r2, r9, skip
        add  r3, r8, r2
        sw   r1, 0(r3)
        add  r2, r2, r1
        b    mark
skip:   addi r1, r1, 1
        b    next

report: mov  r1, r10
        call putd
        print " primes below "
        mov  r1, r9
        call putd
        print ", the last is "
        mov  r1, r11
        call putd
        newline
        set  r1, 0
        halt

        .include "lib/console.s"
        .space 64
stack:
sieve:                          # up to the end of the program's storage
