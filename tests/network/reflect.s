# Sends every frame back to whom it came from.
#
# storage: 8192

        .equ TX, 11
        .equ RX, 12

        .org 16
start:  la   r8, rx
        set  r9, RX
        out  r8, r9
        set  r10, 0             # the slot that the card fills next
next:   lw   r1, 2(r8)
        bne  r1, r10, take
        idle
        rpnd r1
        cpnd r1
        b    next

take:   la   r7, stamp
        lw   r6, 3(r8)          # the station's number, as the card says it
        slli r2, r10, 1
        add  r2, r2, r10
        add  r11, r8, r2
        lw   r1, 4(r11)         # its buffer
        lw   r12, 6(r11)        # octets
        beqz r12, give
        lw   r3, 2(r1)          # source, 0 to 3
        lw   r4, 3(r1)          # source, 4 and 5; type
        srli r5, r3, 16
        sw   r5, 0(r1)
        slli r5, r3, 16
        srli r2, r4, 16
        or   r5, r5, r2
        sw   r5, 1(r1)
        set  r5, 0x0254
        slli r5, r5, 16
        srli r2, r6, 16
        or   r5, r5, r2
        sw   r5, 2(r1)
        slli r5, r6, 16
        slli r2, r4, 16
        srli r2, r2, 16
        or   r5, r5, r2
        sw   r5, 3(r1)
        la   r13, tx
        lw   r2, 1(r13)         # given
        slli r3, r2, 1
        add  r3, r3, r2
        add  r3, r3, r13
        sw   r1, 4(r3)
        sw   r12, 5(r3)
        xori r2, r2, 1
        sw   r2, 1(r13)
        set  r3, TX
        out  r13, r3
1:      in   r2, r3
        bnez r2, 1b
give:   addi r10, r10, 1
        andi r10, r10, 3
        lw   r1, 1(r8)
        addi r1, r1, 1
        andi r1, r1, 3
        sw   r1, 1(r8)
        out  r8, r9
        b    next

stamp:  .word 0
tx:     .word 2, 0, 0, 0, 0, 0, 0, 0, 0, 0
rx:     .word 4, 3, 0, 0
        .word buffer, 1514, 0
        .word buffer + 400, 1514, 0
        .word buffer + 800, 1514, 0
        .word buffer + 1200, 1514, 0
buffer: .space 1600
