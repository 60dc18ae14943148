# Drawing: everything goes to the words of the screen that lie in one rectangle, the damage, and to no others. So to
# draw again what has changed, all windows are drawn, and nearly all of that is left away.
#
# Rectangles are r1, r2, r3, r4: the first word, the first row, how many words, how many rows.

# damage: have a rectangle drawn again, with what was noted before and what lies between them. Uses r5.
damage: add  r3, r1, r3
        add  r4, r2, r4
        lw   r5, left(r0)
        bge  r1, r5, 1f
        sw   r1, left(r0)
1:      lw   r5, top(r0)
        bge  r2, r5, 1f
        sw   r2, top(r0)
1:      lw   r5, right(r0)
        ble  r3, r5, 1f
        sw   r3, right(r0)
1:      lw   r5, bottom(r0)
        ble  r4, r5, 1f
        sw   r4, bottom(r0)
1:      ret

damage_all:
        set  r1, 0
        set  r2, 0
        set  r3, WIDE
        set  r4, HIGH
        j    damage

# mended: nothing is damaged any more. Uses r1.
mended: set  r1, WIDE
        sw   r1, left(r0)
        set  r1, HIGH
        sw   r1, top(r0)
        sw   r0, right(r0)
        sw   r0, bottom(r0)
        ret

left:   .word WIDE              # of the damage; the first word and row
top:    .word HIGH
right:  .word 0                 # the first behind it
bottom: .word 0

# cut: what of a rectangle is damaged, as r1 and r2, its first word and row, and r3 and r4, the first behind it; r5 is 0
# if nothing is. Uses r6.
cut:    add  r3, r1, r3
        add  r4, r2, r4
        lw   r6, left(r0)
        bge  r1, r6, 1f
        mov  r1, r6
1:      lw   r6, top(r0)
        bge  r2, r6, 1f
        mov  r2, r6
1:      lw   r6, right(r0)
        ble  r3, r6, 1f
        mov  r3, r6
1:      lw   r6, bottom(r0)
        ble  r4, r6, 1f
        mov  r4, r6
1:      slt  r5, r1, r3
        slt  r6, r2, r4
        and  r5, r5, r6
        ret

# fill: a rectangle of one colour, the word r5. Uses r1 to r7.
fill:   push ra
        mov  r7, r5
        call cut
        beqz r5, 3f
        set  r5, WIDE
        mul  r5, r2, r5
        add  r5, r5, r1
        sub  r3, r3, r1
1:      mov  r6, r3             # a row
2:      sw   r7, pixels(r5)
        addi r5, r5, 1
        addi r6, r6, -1
        bnez r6, 2b
        sub  r5, r5, r3
        addi r5, r5, WIDE
        addi r2, r2, 1
        blt  r2, r4, 1b
3:      pop  ra
        ret

# put: the word r3 at r1, r2. Uses r4.
put:    lw   r4, left(r0)
        blt  r1, r4, 1f
        lw   r4, right(r0)
        bge  r1, r4, 1f
        lw   r4, top(r0)
        blt  r2, r4, 1f
        lw   r4, bottom(r0)
        bge  r2, r4, 1f
        set  r4, WIDE
        mul  r4, r2, r4
        add  r4, r4, r1
        sw   r3, pixels(r4)
1:      ret

# ---- Letters: two words wide, eight rows high -------------------------------------------------------------------------
        .equ CELL, 2            # words
        .equ LINE, 8            # rows

# letter: the character r3 at r1, r2, in ink r4 on paper r5. Uses r1 to r7.
letter: push ra
        push r8
        push r9
        push r10
        push r11
        push r12
        mov  r9, r1
        mov  r10, r2
        mov  r12, r5
        xor  r11, r4, r5
        sltiu r4, r3, 0x60      # small letters look like capitals
        bnez r4, 1f
        addi r3, r3, -0x20
1:      andi r3, r3, 0x7f
        lw   r8, font - 0x20(r3)
        set  r3, CELL
        set  r4, LINE
        call cut
        beqz r5, drawn          # nothing of it is damaged
        set  r7, 30             # the rows of a letter are five bits each, the first in the highest; it has six, and
row:    set  r6, 0              # one above and one below is empty
        bltz r7, 1f
        srl  r6, r8, r7
        andi r6, r6, 31
1:      srli r3, r6, 2          # three pixels, behind one that is empty
        call half
        slli r3, r6, 2          # two more, before two
        andi r3, r3, 12
        addi r9, r9, 1
        call half
        addi r9, r9, -1
        addi r10, r10, 1
        addi r7, r7, -5
        set  r3, -10
        bne  r7, r3, row
drawn:  pop  r12
        pop  r11
        pop  r10
        pop  r9
        pop  r8
        pop  ra
        ret

# half: four pixels of a letter, the bits of r3, at r9, r10. Uses r1 to r4.
half:   lw   r3, masks(r3)
        and  r3, r3, r11
        xor  r3, r3, r12
        mov  r1, r9
        mov  r2, r10
        j    put

masks:  .rept 16, i             # of four bits: all of a pixel for each
        .word (\i >> 3) * 0xff000000 + (\i >> 2 & 1) * 0xff0000 + (\i >> 1 & 1) * 0xff00 + (\i & 1) * 0xff
        .endr

# text: the string at r3 from r1, r2 on, in ink r4 on paper r5. Uses r1 to r7.
text:   push ra
        push r8
        push r9
        push r10
        push r11
        push r12
        mov  r8, r1
        mov  r9, r2
        mov  r10, r3
        mov  r11, r4
        mov  r12, r5
1:      lw   r3, 0(r10)
        beqz r3, 2f
        mov  r1, r8
        mov  r2, r9
        mov  r4, r11
        mov  r5, r12
        call letter
        addi r8, r8, CELL
        addi r10, r10, 1
        j    1b
2:      pop  r12
        pop  r11
        pop  r10
        pop  r9
        pop  r8
        pop  ra
        ret
