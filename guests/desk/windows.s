# Windows: which there are and which lies before which, and what the pointer does with them. A press brings a window to
# the front; one on its title takes hold of it; one below that is its program's business, and so is what the pointer
# does until the button goes up.
#
# A program has three routines, which find its window in r8 and keep r8 to r13: `draw`, its body; `key`, with the symbol
# in r1; `press`, with the pixel and the row of its body in r1 and r2, which may lie outside, and in r3 whether the button
# was down before.

        .equ W_LEFT, 0          # words of a window: the rectangle
        .equ W_TOP, 1
        .equ W_WIDE, 2
        .equ W_HIGH, 3
        .equ W_TITLE, 4         # a string
        .equ W_DRAW, 5
        .equ W_KEY, 6
        .equ W_PRESS, 7

        .equ BAR, 10            # rows of a title
        .equ RIM, 2             # rows below the body; beside it, a word on each side

order:  .word terminal, clock, paint    # the windows, the one in front first
        .equ WINDOWS, 3

held:   .word 0                 # the window that is moved,
held_at:
        .word 0                 # by this word of it,
held_row:
        .word 0                 # and this row
pressed:
        .word 0                 # the window whose program has the pointer
down:   .word 0                 # whether the button was down

# rectangle: that of window r8, in r1 to r4.
rectangle:
        lw   r1, W_LEFT(r8)
        lw   r2, W_TOP(r8)
        lw   r3, W_WIDE(r8)
        lw   r4, W_HIGH(r8)
        ret

# body: the first word and row of the body of window r8, in r1 and r2.
body:   lw   r1, W_LEFT(r8)
        addi r1, r1, 1
        lw   r2, W_TOP(r8)
        addi r2, r2, BAR
        ret

# ---- Drawing ----------------------------------------------------------------------------------------------------------

# redraw: draw what is damaged, from behind. Uses r1 to r9.
redraw: lw   r1, right(r0)
        beqz r1, 2f
        push ra
        set  r1, 0
        set  r2, 0
        set  r3, WIDE
        set  r4, HIGH
        li   r5, GROUND
        call fill
        set  r9, WINDOWS - 1
1:      lw   r8, order(r9)
        call window
        addi r9, r9, -1
        bgez r9, 1b
        call mended
        pop  ra
2:      ret

# window: draw window r8, the one in front with another title. Uses r1 to r7.
window: push ra
        call rectangle
        call cut
        beqz r5, 2f
        call rectangle
        li   r5, GREY
        call fill
        lw   r1, order(r0)
        push r10
        li   r10, SHADE
        bne  r8, r1, 1f
        li   r10, TITLE
1:      call rectangle
        set  r4, BAR
        mov  r5, r10
        call fill
        call body
        addi r2, r2, 1 - BAR
        lw   r3, W_TITLE(r8)
        li   r4, WHITE
        mov  r5, r10
        call text
        pop  r10
        lw   r1, W_DRAW(r8)
        jalr ra, 0(r1)
2:      pop  ra
        ret

# ---- The pointer ------------------------------------------------------------------------------------------------------

# pointed: it is at column r2 and row r3, and its button is down if r1 is 1. Uses r1 to r11.
pointed:
        push ra
        mov  r10, r2
        mov  r11, r3
        lw   r9, down(r0)
        sw   r1, down(r0)
        beqz r1, up
        bnez r9, 1f
        call press
1:      lw   r8, held(r0)
        beqz r8, 1f
        call move
1:      lw   r8, pressed(r0)
        beqz r8, 1f
        call body
        slli r1, r1, 2          # four pixels a word
        sub  r1, r10, r1
        sub  r2, r11, r2
        mov  r3, r9
        lw   r4, W_PRESS(r8)
        jalr ra, 0(r4)
1:      pop  ra
        ret
up:     sw   r0, held(r0)
        sw   r0, pressed(r0)
        pop  ra
        ret

# press: the button went down at r10, r11: which window is it, and which part of it? Uses r1 to r8.
press:  push ra
        srli r6, r10, 2
        set  r7, 0
1:      lw   r8, order(r7)
        call rectangle
        sub  r1, r6, r1
        bgeu r1, r3, 2f         # before its left edge is far behind its right one, without a sign
        sub  r2, r11, r2
        bltu r2, r4, hit
2:      addi r7, r7, 1
        set  r5, WINDOWS
        bne  r7, r5, 1b
        pop  ra                 # none: the ground
        ret
hit:    set  r5, BAR
        bgeu r2, r5, 1f
        sw   r8, held(r0)
        sw   r1, held_at(r0)
        sw   r2, held_row(r0)
        j    2f
1:      sw   r8, pressed(r0)
2:      beqz r7, 2f             # it is in front already
        call rectangle
        call damage
1:      lw   r5, order - 1(r7)  # those before it go one back
        sw   r5, order(r7)
        addi r7, r7, -1
        bnez r7, 1b
        sw   r8, order(r0)
        mov  r7, r8
        lw   r8, order + 1(r0)  # the one that was in front has another title
        call rectangle
        call damage
        mov  r8, r7
2:      pop  ra
        ret

# move: the window r8 to where the pointer holds it, as far as it stays on the screen. Uses r1 to r7.
move:   push ra
        srli r6, r10, 2
        lw   r1, held_at(r0)
        sub  r6, r6, r1
        set  r1, WIDE
        lw   r2, W_WIDE(r8)
        sub  r1, r1, r2
        call within
        mov  r7, r6
        lw   r1, held_row(r0)
        sub  r6, r11, r1
        set  r1, HIGH
        lw   r2, W_HIGH(r8)
        sub  r1, r1, r2
        call within
        lw   r1, W_LEFT(r8)
        lw   r2, W_TOP(r8)
        bne  r1, r7, 1f
        beq  r2, r6, 2f         # nothing moves
1:
        .ifndef FORGET_OLD
        call rectangle
        call damage
        .endif
        sw   r7, W_LEFT(r8)
        sw   r6, W_TOP(r8)
        call rectangle
        call damage
2:      pop  ra
        ret

# within: r6, if it is in 0 to r1; else the nearer of the two.
within: bgez r6, 1f
        set  r6, 0
1:      ble  r6, r1, 1f
        mov  r6, r1
1:      ret

# nothing: what a program does that does nothing there.
nothing:
        ret
