# A paint program: a row of colours, and below it a canvas of pixels, which the pointer draws lines on. `c` clears it.

        .equ CANVAS, 22         # words of a row
        .equ CANVAS_ROWS, 56
        .equ SWATCHES, 8        # colours to choose from, two words each
        .equ SWATCH, 8          # rows, and pixels

paint:  .word 54, 70, CANVAS + 2, CANVAS_ROWS + SWATCH + BAR + RIM
        .word paint_title, draw_paint, paint_key, paint_press
paint_title:
        .string "Paint"

colour: .word 9                 # the chosen one: of 8 to 15
last_x: .word 0                 # where the pointer was
last_y: .word 0

# ---- What one does ----------------------------------------------------------------------------------------------------

paint_key:
        set  r2, 'c'
        bne  r1, r2, 2f
        set  r2, CANVAS * CANVAS_ROWS - 1
1:      sw   r0, canvas(r2)
        addi r2, r2, -1
        bgez r2, 1b
        push ra
        call rectangle
        call damage
        pop  ra
2:      ret

# paint_press: the pointer is at r1, r2; a line from where it was, if the button was down (r3). Uses r1 to r7.
paint_press:
        push ra
        addi r2, r2, -SWATCH
        bltz r2, choose
        bnez r3, 1f
        sw   r1, last_x(r0)
        sw   r2, last_y(r0)
1:      call stroke
        pop  ra
        ret
choose: bnez r3, 1f
        srli r1, r1, 3
        sltiu r3, r1, SWATCHES
        beqz r3, 1f
        addi r1, r1, 8
        sw   r1, colour(r0)
        call rectangle
        call damage
1:      pop  ra
        ret

# stroke: a line from the last place to r1, r2, pixel by pixel (Bresenham's). Uses r1 to r7.
stroke: push ra
        push r8
        push r9
        push r10
        push r11
        push r12
        push r13
        mov  r9, r1             # where to
        mov  r10, r2
        lw   r11, last_x(r0)
        lw   r12, last_y(r0)
        sw   r9, last_x(r0)
        sw   r10, last_y(r0)
        sub  r6, r9, r11
        call size
        mov  r7, r6             # how far to the side
        mov  r13, r5            # and which way
        sub  r6, r10, r12
        call size
        sub  r8, r7, r6         # what decides which way is the next
        push r6                 # how far down
        push r5
1:      call plot
        bne  r11, r9, 2f
        beq  r12, r10, 3f
2:      slli r4, r8, 1
        lw   r6, 1(sp)
        add  r5, r4, r6
        blez r5, 2f             # to the side
        sub  r8, r8, r6
        add  r11, r11, r13
2:      bge  r4, r7, 1b         # down
        lw   r5, 0(sp)
        add  r8, r8, r7
        add  r12, r12, r5
        j    1b
3:      addi sp, sp, 2
        pop  r13
        pop  r12
        pop  r11
        pop  r10
        pop  r9
        pop  r8
        pop  ra
        ret

# size: r6 without its sign; its sign in r5, 1 or -1.
size:   set  r5, 1
        bgez r6, 1f
        neg  r6, r6
        set  r5, -1
1:      ret

# plot: the pixel r11, r12 of the canvas, if it has one. Uses r1 to r6.
plot:   set  r1, 4 * CANVAS
        bgeu r11, r1, 1f        # left of it is far to the right, without a sign
        set  r1, CANVAS_ROWS
        bgeu r12, r1, 1f
        set  r1, CANVAS
        mul  r1, r12, r1
        srli r2, r11, 2
        add  r1, r1, r2         # its word
        andi r3, r11, 3
        slli r3, r3, 3
        set  r4, 0xff
        slli r4, r4, 24         # the first of four pixels is in the highest bits
        srl  r4, r4, r3
        not  r4, r4
        lw   r5, canvas(r1)
        and  r5, r5, r4
        lw   r6, colour(r0)
        slli r6, r6, 24
        srl  r6, r6, r3
        or   r5, r5, r6
        sw   r5, canvas(r1)
        push ra
        push r8
        la   r8, paint
        call body
        srli r3, r11, 2
        add  r1, r1, r3
        add  r2, r2, r12
        addi r2, r2, SWATCH
        set  r3, 1
        set  r4, 1
        call damage
        pop  r8
        pop  ra
1:      ret

# ---- Drawing ----------------------------------------------------------------------------------------------------------

draw_paint:
        push ra
        push r9
        push r10
        push r11
        call body
        mov  r10, r1
        mov  r11, r2
        set  r9, 0
1:      slli r1, r9, 1          # a swatch; the last place shows the chosen colour
        add  r1, r10, r1
        mov  r2, r11
        set  r3, 2
        set  r4, SWATCH
        addi r6, r9, 8
        call shade
        addi r9, r9, 1
        set  r1, SWATCHES
        bne  r9, r1, 1b
        addi r1, r10, CANVAS - 4
        mov  r2, r11
        set  r3, 4
        set  r4, SWATCH
        lw   r6, colour(r0)
        call shade
        addi r11, r11, SWATCH
        set  r9, 0              # the word of the canvas
2:      set  r7, CANVAS
3:      mov  r1, r10
        mov  r2, r11
        lw   r3, canvas(r9)
        call put
        addi r9, r9, 1
        addi r10, r10, 1
        addi r7, r7, -1
        bnez r7, 3b
        addi r10, r10, -CANVAS
        addi r11, r11, 1
        set  r1, CANVAS * CANVAS_ROWS
        bne  r9, r1, 2b
        pop  r11
        pop  r10
        pop  r9
        pop  ra
        ret

# shade: fill with the colour r6. Uses r1 to r7.
shade:  li   r5, EACH
        mul  r5, r5, r6
        j    fill

canvas: .space CANVAS * CANVAS_ROWS
