# Shouts COUNT times, and prints the station of each answer until the console's input has ended and nothing comes.
#
# storage: 8192

        .include "<macros.s>"
        .equ COUNT, 3
        .equ TX, 11
        .equ RX, 12

        .org 16
start:  la   sp, stack
        la   r8, rx
        set  r9, RX
        out  r8, r9
        set  r11, 0             # frames sent
        set  r10, 0
shout:  la   r1, frame
        sw   r11, 4(r1)         # its number
        set  r2, 0x0254         # source: 02:54, and a station that the frame carries
        slli r2, r2, 16
        sw   r2, 2(r1)
        lw   r3, 3(r8)
        slli r3, r3, 16
        ori  r3, r3, 0x88b5     # a type for local experiments
        sw   r3, 3(r1)
        la   r13, tx
        lw   r2, 1(r13)
        slli r3, r2, 1
        add  r3, r3, r2
        add  r3, r3, r13
        sw   r1, 4(r3)
        set  r4, 60
        sw   r4, 5(r3)
        xori r2, r2, 1
        sw   r2, 1(r13)
        set  r3, TX
        out  r13, r3
1:      in   r2, r3
        bnez r2, 1b
        addi r11, r11, 1
        slti r2, r11, COUNT
        bnez r2, shout

next:   lw   r1, 2(r8)
        bne  r1, r10, take
        idle
        rpnd r1
        cpnd r1
        b    next
take:   slli r2, r10, 1
        add  r2, r2, r10
        add  r2, r2, r8
        lw   r1, 4(r2)
        lw   r12, 4(r1)         # the number of the frame
        lw   r1, 3(r1)
        srli r1, r1, 16         # the station
        call putd
        set  r1, ':'
        out  r1, r0
        mov  r1, r12
        call putd
        newline
        addi r10, r10, 1
        andi r10, r10, 7
        lw   r1, 1(r8)
        addi r1, r1, 1
        andi r1, r1, 7
        sw   r1, 1(r8)
        out  r8, r9
        b    next

        .include "<console.s>"
tx:     .word 2, 0, 0, 0, 0, 0, 0, 0, 0, 0
rx:     .word 8, 7, 0, 0
        .word buffer, 1514, 0, buffer + 400, 1514, 0, buffer + 800, 1514, 0, buffer + 1200, 1514, 0
        .word buffer + 1600, 1514, 0, buffer + 2000, 1514, 0, buffer + 2400, 1514, 0, buffer + 2800, 1514, 0
frame:  .word 0xffff, 0xffffffff, 0, 0, 0
        .space 20
buffer: .space 3200
        .space 64
stack:
