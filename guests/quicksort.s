# Sort COUNT numbers from a linear congruential generator with a recursive quicksort, then check that they ascend and
# that their sum is what it was.
#
# prints: 500 numbers sorted, sum kept
# exit: r1 = 0
# steps: 150000

        .include "lib/macros.s"

        .equ COUNT, 500
        .equ SEED, 12345

        .org 16
start:  la   sp, stack
        la   r8, numbers
        set  r9, COUNT
        call fill
        mov  r10, r1            # the sum before
        mov  r1, r8
        add  r2, r8, r9
        addi r2, r2, -1
        call sort
        call check
        bnez r1, wrong
        mov  r1, r9
        call putd
        print " numbers sorted, sum kept\n"
        set  r1, 0
        halt
wrong:  print "not sorted\n"
        set  r1, 1
        halt

# fill: COUNT pseudo-random numbers from r8 on; r1 is their sum.
fill:   set  r1, 0
        li   r2, SEED
        li   r3, 1664525
        li   r4, 1013904223
        mov  r5, r8
        add  r6, r8, r9
1:      mul  r2, r2, r3
        add  r2, r2, r4
        sw   r2, 0(r5)
        add  r1, r1, r2
        addi r5, r5, 1
        blt  r5, r6, 1b
        ret

# sort: the words from address r1 to address r2, both included, ascending as unsigned numbers.
sort:   bge  r1, r2, 4f
        lw   r3, 0(r2)          # the pivot is the last word
        mov  r4, r1             # words before r4 are below the pivot
        mov  r5, r1
1:      lw   r6, 0(r5)
        bgeu r6, r3, 2f
        lw   r7, 0(r4)
        sw   r6, 0(r4)
        sw   r7, 0(r5)
        addi r4, r4, 1
2:      addi r5, r5, 1
        blt  r5, r2, 1b
        lw   r7, 0(r4)          # the pivot goes between the two parts
        sw   r3, 0(r4)
        sw   r7, 0(r2)
        push ra
        push r2
        push r4
        addi r2, r4, -1
        call sort
        pop  r1
        addi r1, r1, 1
        pop  r2
        call sort
        pop  ra
4:      ret

# check: r1 = 0 when COUNT words from r8 on ascend and add up to r10.
check:  mov  r2, r8
        add  r3, r8, r9
        set  r4, 0              # the word before
        set  r5, 0              # the sum
1:      lw   r6, 0(r2)
        bltu r6, r4, 2f
        mov  r4, r6
        add  r5, r5, r6
        addi r2, r2, 1
        blt  r2, r3, 1b
        sub  r1, r5, r10
        ret
2:      set  r1, 1
        ret

        .include "lib/console.s"
        .space 512              # deep enough for any order of the numbers that the generator makes
stack:
numbers:
