# Sort COUNT pseudo-random words with quicksort (partition by Hoare, pivot from the middle, recursion into the smaller
# part only), ROUNDS times with new numbers; COUNT is at least 8.
#
# The checksum, in word 7 at the halt, is s = 31 s + the middle word + the word 7, in each round, and differs if a
# word is out of order.

        .equ COUNT, 200
        .equ ROUNDS, 2
        .equ SEED, 12345
        .equ RESULT, 7

        .org 8
        .word wrong, Mode.supervisor, 0, 0xffffffff

        .org 16
start:  la   sp, stack
        li   r7, SEED           # neither `sort` nor `check` uses it
        li   r12, ROUNDS
        set  r13, 0             # s
1:      call fill
        la   r1, words
        la   r2, words + COUNT - 1
        call sort
        la   r1, words
        lw   r2, 7(r1)
        la   r3, words + COUNT / 2
        lw   r3, 0(r3)
        slli r4, r13, 5
        sub  r13, r4, r13
        add  r13, r13, r3
        add  r13, r13, r2
        call check
        addi r12, r12, -1
        bnez r12, 1b
        sw   r13, RESULT(r0)
        set  r1, 0
        halt
wrong:  set  r1, 1              # there is no trap in this program
        halt

# fill: the next COUNT pseudo-random words behind r7 into `words`.
fill:   la   r1, words
        la   r2, words + COUNT
1:      slli r3, r7, 13
        xor  r7, r7, r3
        srli r3, r7, 17
        xor  r7, r7, r3
        slli r3, r7, 5
        xor  r7, r7, r3
        sw   r7, 0(r1)
        addi r1, r1, 1
        bne  r1, r2, 1b
        ret

# check: change the checksum r13 for each word that is less than the one before.
check:  la   r1, words
        la   r2, words + COUNT - 1
        lw   r3, 0(r1)
1:      lw   r4, 1(r1)
        bgeu r4, r3, 2f
        xori r13, r13, 0xdead
2:      mov  r3, r4
        addi r1, r1, 1
        bne  r1, r2, 1b
        ret

# sort: the words from address r1 to address r2, both included, ascending as unsigned numbers.
sort:   bgeu r1, r2, 9f
        addi sp, sp, -5
        sw   ra, 4(sp)
        sw   r8, 3(sp)
        sw   r9, 2(sp)
        sw   r10, 1(sp)
        sw   r11, 0(sp)
        mov  r8, r1             # the lowest
        mov  r9, r2             # the highest
1:      sub  r1, r9, r8
        srai r1, r1, 1
        add  r1, r1, r8
        lw   r1, 0(r1)          # the pivot
        mov  r10, r8            # goes up
        mov  r11, r9            # goes down
2:      lw   r2, 0(r10)
        lw   r3, 0(r11)
        bgeu r2, r1, 4f
3:      lw   r2, 1(r10)
        addi r10, r10, 1
        bltu r2, r1, 3b
4:      bgeu r1, r3, 6f
5:      lw   r3, -1(r11)
        addi r11, r11, -1
        bltu r1, r3, 5b
6:      bltu r11, r10, 7f
        sw   r3, 0(r10)
        sw   r2, 0(r11)
        addi r10, r10, 1
        addi r11, r11, -1
        bgeu r11, r10, 2b
7:      sub  r2, r11, r8
        sub  r3, r9, r10
        bge  r2, r3, 8f
        mov  r1, r8             # the lower part is smaller
        mov  r2, r11
        mov  r8, r10
        call sort
        bltu r8, r9, 1b
        b    10f
8:      mov  r1, r10
        mov  r2, r9
        mov  r9, r11
        call sort
        bltu r8, r9, 1b
10:     lw   ra, 4(sp)
        lw   r8, 3(sp)
        lw   r9, 2(sp)
        lw   r10, 1(sp)
        lw   r11, 0(sp)
        addi sp, sp, 5
9:      ret

        .space 192              # five words for each halving of COUNT
stack:
words:                          # COUNT words
