# Multiply two SIZE by SIZE matrices of pseudo-random words, ROUNDS times; SIZE is a power of two, at least 4.
#
# Before each next round one element of the first matrix changes. The checksum, in word 7 at the halt, is
# s = 31 s + an element of the product, in each round.

        .equ SIZE, 8
        .equ ROUNDS, 3
        .equ SEED, 12345
        .equ RESULT, 7

        .org 8
        .word wrong, Mode.supervisor, 0, 0xffffffff

        .org 16
start:  call fill
        set  r12, 0             # the round
        set  r13, 0             # s
1:      call multiply
        andi r1, r12, SIZE - 1  # the row
        set  r2, SIZE
        mul  r1, r1, r2
        slli r3, r12, 3
        sub  r3, r3, r12
        andi r3, r3, SIZE - 1   # the column: 7 times the round
        la   r4, c
        add  r4, r4, r1
        add  r4, r4, r3
        lw   r4, 0(r4)
        slli r2, r13, 5
        sub  r13, r2, r13
        add  r13, r13, r4
        la   r4, a
        add  r4, r4, r1
        lw   r2, 3(r4)
        xor  r2, r2, r13
        sw   r2, 3(r4)
        addi r12, r12, 1
        li   r1, ROUNDS
        bne  r12, r1, 1b
        sw   r13, RESULT(r0)
        set  r1, 0
        halt
wrong:  set  r1, 1              # there is no trap in this program
        halt

# fill: pseudo-random words into both matrices in turn, by rows.
fill:   li   r1, SEED
        la   r2, a
        la   r3, b
        mov  r4, r3             # behind the last word of `a`
1:      slli r5, r1, 13
        xor  r1, r1, r5
        srli r5, r1, 17
        xor  r1, r1, r5
        slli r5, r1, 5
        xor  r1, r1, r5
        sw   r1, 0(r2)
        slli r5, r1, 13
        xor  r1, r1, r5
        srli r5, r1, 17
        xor  r1, r1, r5
        slli r5, r1, 5
        xor  r1, r1, r5
        sw   r1, 0(r3)
        addi r2, r2, 1
        addi r3, r3, 1
        bne  r2, r4, 1b
        ret

# multiply: the product of `a` and `b` into `c`. Uses r1 to r11.
multiply:
        la   r1, a              # the row of `a`
        la   r2, c
        la   r9, b + SIZE       # behind the first row of `b`
        la   r11, b             # behind the last row of `a`
1:      la   r3, b              # the column of `b`
        addi r10, r1, SIZE
2:      mov  r4, r1
        mov  r5, r3
        set  r6, 0
3:      lw   r7, 0(r4)
        lw   r8, 0(r5)
        mul  r7, r7, r8
        add  r6, r6, r7
        addi r4, r4, 1
        addi r5, r5, SIZE
        bne  r4, r10, 3b
        sw   r6, 0(r2)
        addi r2, r2, 1
        addi r3, r3, 1
        bne  r3, r9, 2b
        mov  r1, r10
        bne  r1, r11, 1b
        ret

a:                              # SIZE * SIZE words each
        .equ b, a + SIZE * SIZE
        .equ c, b + SIZE * SIZE
