# Frames of SIZE octets without end: the station 1 sends all that its card takes, and any other takes what comes. For the
# row `frames` of `trapline bench`, which says SIZE.

        .ifndef SIZE
        .equ SIZE, 60
        .endif
        .equ SLOTS, 64

        .org 16
start:  la   r8, inbound
        set  r9, 12
        out  r8, r9
        nop
        lw   r1, 3(r8)
        set  r2, 1
        beq  r1, r2, send
take:   lw   r1, 2(r8)
        addi r1, r1, SLOTS - 1
        andi r1, r1, SLOTS - 1
        sw   r1, 1(r8)
        out  r8, r9
        idle
        rpnd r1
        cpnd r1
        b    take
send:   la   r8, outbound
        set  r9, 11
1:      lw   r1, 2(r8)
        addi r1, r1, SLOTS - 1
        andi r1, r1, SLOTS - 1
        sw   r1, 1(r8)
        out  r8, r9
2:      in   r1, r9
        bnez r1, 2b
        b    1b
outbound:
        .word SLOTS, 0, 0, 0
        .rept SLOTS
        .word frame, SIZE, 0
        .endr
inbound:
        .word SLOTS, 0, 0, 0
        .rept SLOTS, i
        .word buffers + \i * 4, SIZE, 0        # they overlap: nobody reads them
        .endr
frame:  .word 0x0254, 2, 0x02540000, 0x000188b5
        .space 380
buffers:
        .space 64 * 4 + 380
