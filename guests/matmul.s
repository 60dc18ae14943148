# Multiply two SIZE by SIZE matrices, a[i][j] = i + 2j and b[i][j] = 3i - j, and print the product's trace and the sum
# of all its elements as signed numbers.
#
# prints: trace 34716
# prints: sum 437184
# exit: r1 = 0
# steps: 60000

        .include "lib/macros.s"

        .equ SIZE, 12

        .org 16
start:  la   sp, stack
        set  r9, SIZE
        la   r8, a
        mul  r7, r9, r9
        add  r10, r8, r7        # r10 is b, r11 the product
        add  r11, r10, r7

        set  r1, 0              # i
fill:   set  r2, 0              # j
1:      mul  r3, r1, r9
        add  r3, r3, r2         # the index of [i][j]
        slli r4, r2, 1
        add  r4, r4, r1
        add  r5, r8, r3
        sw   r4, 0(r5)
        set  r4, 3
        mul  r4, r4, r1
        sub  r4, r4, r2
        add  r5, r10, r3
        sw   r4, 0(r5)
        addi r2, r2, 1
        blt  r2, r9, 1b
        addi r1, r1, 1
        blt  r1, r9, fill

        set  r12, 0             # the trace
        set  r13, 0             # the sum
        set  r1, 0
row:    set  r2, 0
column: set  r3, 0              # k
        set  r4, 0              # a[i][0] b[0][j] + a[i][1] b[1][j] + ...
        mul  r5, r1, r9
        add  r5, r5, r8         # the address of a[i][k]
        add  r6, r10, r2        # the address of b[k][j]
1:      lw   r7, 0(r5)
        lw   ra, 0(r6)          # no call is open, so ra is a register like any other
        mul  r7, r7, ra
        add  r4, r4, r7
        addi r5, r5, 1
        add  r6, r6, r9
        addi r3, r3, 1
        blt  r3, r9, 1b
        mul  r5, r1, r9
        add  r5, r5, r2
        add  r5, r5, r11
        sw   r4, 0(r5)
        add  r13, r13, r4
        bne  r1, r2, 2f
        add  r12, r12, r4
2:      addi r2, r2, 1
        blt  r2, r9, column
        addi r1, r1, 1
        blt  r1, r9, row

        print "trace "
        mov  r1, r12
        call signed
        newline
        print "sum "
        mov  r1, r13
        call signed
        newline
        set  r1, 0
        halt

# signed: print r1 as a signed decimal number.
signed: bgez r1, putd
        set  r2, '-'
        out  r2, r0
        neg  r1, r1
        j    putd

        .include "lib/console.s"
        .space 32
stack:
a:
