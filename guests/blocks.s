# How long does a disk take for many blocks, one request after the other and several at once? Read all of them through
# the queue, in order and scattered, with one request under way and with as many as there can be; the timer counts.
#
# disk: 64, queue
# prints: 64 blocks, steps for each: 1 under way, 8 under way
# prints: in order: 80, 34
# prints: scattered: 240, 56
# exit: r1 = 0
# steps: 30000

        .include "lib/macros.s"

        .equ BLOCKS, 64         # a power of two
        .equ WORDS, 128         # in a block
        .equ QUEUE, 15          # the queue's port
        .equ MOST, 8            # requests under way
        .equ SCATTER, 29        # odd, so that every block is read once
        .equ SLOTS, 16          # of the ring; a power of two
        .equ GIVEN, 1           # words of the ring
        .equ FIRST, 4
        .equ READ, 1            # a command
        .equ BLOCK, 1           # words of a request
        .equ STATUS, 3
        .equ REQUEST, 8         # words with its two pieces
        .equ DONE, 0            # statuses: the device's
        .equ BUSY, 1
        .equ NOTHING, 255       # and ours, for a request that is not in use
        .equ LONG, 1000000      # steps; the timer never runs down

        .org 16
start:  la   sp, stack
        set  r1, BLOCKS
        call putd
        print " blocks, steps for each: 1 under way, 8 under way\n"
        print "in order: "
        set  r9, 1
        call both
        print "scattered: "
        set  r9, SCATTER
        call both
        set  r1, 0
        halt

# both: print what a block takes with one request and with many, r9 blocks apart; fail if many are not quicker.
both:   push ra
        set  r8, 1
        call measure
        mov  r10, r1
        call putd
        print ", "
        set  r8, MOST
        call measure
        mov  r11, r1
        call putd
        newline
        set  r1, 1
        bgeu r11, r10, failed
        pop  ra
        ret

failed: print "the queue fails\n"
        set  r1, 1
        halt

# measure: read all blocks, r9 apart, with r8 requests under way; r1 = steps for each.
measure:
        push ra
        push r10
        push r11
        push r12
        li   r1, LONG
        stim r1
        set  r10, 0             # how many were asked for
        set  r11, 0             # and how many of them are there
again:  set  r12, requests
        mov  r5, r8
        set  r6, 0              # how many are new
1:      lw   r1, STATUS(r12)
        set  r2, BUSY
        beq  r1, r2, 3f
        set  r2, NOTHING
        beq  r1, r2, 2f
        bnez r1, failed         # DONE is 0
        addi r11, r11, 1
        sw   r2, STATUS(r12)
2:      set  r2, BLOCKS
        beq  r10, r2, 3f
        call ask
        addi r10, r10, 1
        addi r6, r6, 1
3:      addi r12, r12, REQUEST
        addi r5, r5, -1
        bnez r5, 1b
        beqz r6, 4f
        set  r1, ring
        set  r2, QUEUE
        out  r1, r2
4:      set  r2, BLOCKS
        beq  r11, r2, 5f
        idle
        rpnd r1
        cpnd r1
        j    again
5:      rtim r2
        li   r1, LONG
        sub  r1, r1, r2
        srli r1, r1, 6          # BLOCKS
        pop  r12
        pop  r11
        pop  r10
        pop  ra
        ret

# ask: put the request r12 for the next block into the ring. Uses r1 to r4.
ask:    mul  r1, r10, r9
        andi r1, r1, BLOCKS - 1
        sw   r1, BLOCK(r12)
        set  r1, BUSY
        sw   r1, STATUS(r12)
        set  r2, ring
        lw   r3, GIVEN(r2)
        add  r4, r2, r3
        sw   r12, FIRST(r4)
        addi r3, r3, 1
        andi r3, r3, SLOTS - 1
        sw   r3, GIVEN(r2)
        ret

        .include "lib/console.s"
        .space 32
stack:
ring:   .word SLOTS, 0, 0, 0
        .space SLOTS

# request TO: read a block in two pieces, the second half into the words before the first.
.macro request to
        .word READ, 0, 2, NOTHING
        .word \to + WORDS / 2, WORDS / 2, \to, WORDS / 2
.endm
requests:
        request buffers
        request buffers + WORDS
        request buffers + WORDS * 2
        request buffers + WORDS * 3
        request buffers + WORDS * 4
        request buffers + WORDS * 5
        request buffers + WORDS * 6
        request buffers + WORDS * 7
buffers:
        .space WORDS * MOST
