# A desktop on a screen of 320 columns by 200 rows: windows that the pointer moves and brings to the front, a terminal, a
# clock, and a paint program. `trapline screen desk` gives it a screen; without one it says so. `exit` in the terminal
# ends it.
#
# Everything lies on whole words of the screen, four pixels each: places and widths are counted in words, heights in
# rows. What has to be drawn again is noted as one rectangle, and drawn when an event has been dealt with. Numbers are
# unsigned and small; nothing ever lies outside the screen.
#
# Reading order: this file, which boots and takes events; desk/draw.s, rectangles and letters; desk/windows.s; then the
# programs, each with a window: desk/terminal.s and what it knows, desk/commands.s; desk/clock.s; desk/paint.s. Letters
# and colours are in desk/font.s.
#
# F5 draws all of the screen again, which must look the same. `--define FORGET_OLD` has a mistake in it, which that
# mends: a window that moves stays where it was, too.
#
# storage: 24576
# prints: there is no screen
# exit: r1 = 0

        .include "lib/macros.s"

        .equ SCREEN, 13         # ports
        .equ KEYS, 14
        .equ WIDE, 80           # words of a row
        .equ HIGH, 200          # rows
        .equ PRESSED, 1         # kinds of events, in their highest four bits
        .equ POINTED, 3
        .equ F5, 0xffc2         # the symbol of a key

# ---- Colours: the numbers of desk/font.s, for the four pixels of a word -----------------------------------------------
        .equ EACH, 0x01010101
        .equ BLACK, 0 * EACH
        .equ WHITE, 1 * EACH
        .equ GREY, 2 * EACH
        .equ SHADE, 3 * EACH    # of a title, but for the window in front
        .equ TITLE, 4 * EACH
        .equ GROUND, 5 * EACH
        .equ GREEN, 6 * EACH

        .org 16
start:  la   sp, stack
        la   r1, description
        set  r2, SCREEN
        out  r1, r2
        in   r1, r2
        beqz r1, none
        call begin_clock
        call begin_terminal
        call damage_all
        call redraw

# ---- Events: each is dealt with, and what it changed is drawn ---------------------------------------------------------
next:   set  r2, KEYS
        in   r8, r2
        bnez r8, event
        call rest               # the clock stands still, or wakes us
asleep: idle                    # if an event came since, its bit is pending: no waiting
        rpnd r1
        cpnd r1                 # before the next look, or an event could wait for ever
        call count
        b    next

event:  call count
        srli r2, r8, 28
        set  r3, PRESSED
        beq  r2, r3, key
        set  r3, POINTED
        bne  r2, r3, next       # a key that goes up
        srli r1, r8, 24
        andi r1, r1, 1          # the left button
        slli r2, r8, 20         # column
        srli r2, r2, 20
        srli r3, r8, 12         # row
        andi r3, r3, 0xfff
        call pointed
        b    dealt

key:    slli r1, r8, 4          # the key's symbol
        srli r1, r1, 4
        li   r2, F5
        beq  r1, r2, all
        lw   r8, order(r0)      # it is for the window in front
        lw   r2, W_KEY(r8)
        jalr ra, 0(r2)
        b    dealt
all:    call damage_all
dealt:  call redraw
        b    next

none:   print "there is no screen\n"
end:    set  r1, 0
        halt

        .include "desk/draw.s"
        .include "desk/windows.s"
        .include "desk/terminal.s"
        .include "desk/commands.s"
        .include "desk/clock.s"
        .include "desk/paint.s"
        .include "desk/font.s"
        .include "lib/console.s"

        .space 64
stack:
description:
        .word 1, pixels, palette
pixels: .space WIDE * HIGH
