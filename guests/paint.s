# Paint on a screen of 320 columns by 200 rows: bands of colours, then what keys and the pointer do. A key that goes down
# gives the row of its own number its own number as the colour; the pointer paints where its left button is down. Escape
# ends. Without a screen (`trapline screen paint` gives it one) it says so.
#
# storage: 20480
# prints: there is no screen
# exit: r1 = 0

        .include "lib/macros.s"

        .equ SCREEN, 13         # ports
        .equ KEYS, 14
        .equ ROW, 80            # words of a row of pixels, four in each
        .equ ROWS, 200
        .equ ESCAPE, 0xff1b
        .equ PRESSED, 1         # kinds of events, in their highest four bits
        .equ POINTED, 3

        .org 16
start:  la   r1, description
        set  r2, SCREEN
        out  r1, r2
        in   r1, r2
        beqz r1, none
        la   r8, pixels
        set  r9, 0              # a band of one colour for each row
bands:  addi r1, r9, 1      # not the number of the row, that a key may be seen
        call fill
        addi r9, r9, 1
        set  r1, ROWS
        bne  r9, r1, bands

next:   set  r2, KEYS
        in   r1, r2
        bnez r1, event
        idle                    # if one came since, its bit is pending: no waiting
        rpnd r1
        cpnd r1                 # before the next look, or an event could wait for ever
        b    next

event:  srli r2, r1, 28
        set  r3, PRESSED
        beq  r2, r3, key
        set  r3, POINTED
        bne  r2, r3, next
        srli r2, r1, 24
        andi r2, r2, 1          # the left button
        beqz r2, next
        slli r2, r1, 20         # column
        srli r2, r2, 20
        srli r3, r1, 12         # row
        andi r3, r3, 0xfff
        set  r4, ROWS
        bgeu r3, r4, next
        set  r4, 4 * ROW
        bgeu r2, r4, next
        set  r4, ROW
        mul  r3, r3, r4
        srli r4, r2, 2
        add  r3, r3, r4
        add  r3, r3, r8         # the word that has the pixel
        andi r4, r2, 3
        slli r4, r4, 3
        set  r5, 0xff
        slli r5, r5, 24         # white, in the highest bits for the first of four
        srl  r5, r5, r4
        lw   r6, 0(r3)
        or   r6, r6, r5
        sw   r6, 0(r3)
        j    next

key:    slli r1, r1, 4
        srli r1, r1, 4
        li   r2, ESCAPE
        beq  r1, r2, end
        andi r1, r1, 0xff
        set  r2, ROWS
        remu r9, r1, r2         # the row is the number of the colour, as far as there are rows
        call fill
        j    next

none:   la   sp, stack
        print "there is no screen\n"
end:    set  r1, 0
        halt

# fill: row r9 with colour r1. Uses r1 to r4.
fill:   li   r2, 0x01010101
        mul  r1, r1, r2
        set  r3, ROW
        mul  r2, r9, r3
        add  r2, r2, r8
1:      sw   r1, 0(r2)
        addi r2, r2, 1
        addi r3, r3, -1
        bnez r3, 1b
        ret

        .include "lib/console.s"
        .space 16
stack:
description:
        .word 1, pixels, 0
pixels: .space 64 * 250
