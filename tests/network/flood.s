# Sends frames for everybody, each from another station, without an end.
#
# storage: 4096

        .equ TX, 11

        .org 16
start:  la   r8, tx
        la   r1, frame
        set  r9, TX
        set  r2, 0x0254
        slli r2, r2, 16
next:   addi r10, r10, 1        # the station that it says it is
        srli r3, r10, 16
        or   r3, r2, r3
        sw   r3, 2(r1)
        slli r3, r10, 16
        ori  r3, r3, 0x88b5
        sw   r3, 3(r1)
        lw   r3, 1(r8)
        xori r3, r3, 1
        sw   r3, 1(r8)
        out  r8, r9
1:      in   r3, r9
        bnez r3, 1b
        b    next

tx:     .word 2, 0, 0, 0, frame, 1514, 0, frame, 1514, 0
frame:  .word 0xffff, 0xffffffff, 0, 0
        .space 380
