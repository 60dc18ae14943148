# A program in user mode that has traps of every kind. Your handler is tried with many such programs: which one it is,
# SEED says, a number of 96 bits, and PIECES how long it is. This file is not handed in, so change it as you like; your
# handler cannot use the names that are defined in it.
#
# It lies in a window of its own, from word 4096 on, and knows nothing of that: its addresses count from 0.

        .ifndef SEED
        .equ SEED, 0x5eed_2b4c_1f08_d3a7_9610_44ef
        .endif
        .ifndef PIECES
        .equ PIECES, 24
        .endif
        .ifndef KINDS
        .equ KINDS, 16          # 8 are those that ask for services only
        .endif
        .ifndef SPIN
        .equ SPIN, 9            # how often loops go round at most
        .endif

        .equ ASK_EXIT, 0        # services: halt with exit code r1
        .equ ASK_PRINT, 1       # print the character in r1
        .equ ASK_TICKS, 2       # how often the clock ran down, into r1
        .equ ROOM, 1024         # words of the window

# piece KIND, VALUE: a few instructions; most kinds end with a trap.
.macro piece kind, value
        .if \kind == 0          # none: arithmetic only
        add  r2, r3, r4
        xor  r5, r5, r2
        mul  r13, r13, r5
        .endif
        .if \kind == 1          # none: a loop
        set  r6, 1 + \value % SPIN
1:      add  r7, r7, r6
        addi r6, r6, -1
        bnez r6, 1b
        .endif
        .if \kind == 2          # none: storage
        sw   r7, 900 + \value % 124(r0)
        lw   r8, 1000(r0)
        .endif
        .if \kind == 3 || \kind == 4
        mov  r9, r1
        set  r1, 'a' + \value % 26
        svc  ASK_PRINT
        mov  r1, r9
        .endif
        .if \kind == 5 || \kind == 6
        svc  ASK_TICKS
        add  r10, r10, r1
        .endif
        .if \kind == 7          # a service that there is not
        svc  3 + \value % 65000
        add  r11, r11, r1
        .endif
        .if \kind == 8          # no instruction
        .word 0xff00_0000 + \value
        .endif
        .if \kind == 9
        .word \value
        .endif
        .if \kind == 10         # what only the supervisor may do
        halt
        out  r1, r0
        .endif
        .if \kind == 11
        lpsw 0(r0)
        stim r4
        .endif
        .if \kind == 12
        setie 0
        lrel r0, r0
        .endif
        .if \kind == 13         # outside the window
        lw   r12, ROOM + \value % 5000(r0)
        .endif
        .if \kind == 14
        sw   r3, -1 - \value % 3000(r0)
        .endif
        .if \kind == 15
        li   r15, ROOM + \value
        sw   r15, 0(r15)
        .endif
.endm

        .rept 16, i             # every register has something in it that must stay there
        li   r\i, (SEED >> \i & 0xffff) * 0x9e37 + \i
        .endr
        .rept PIECES, i
        piece (SEED >> 4 * \i & 15) % KINDS, (SEED >> 3 * \i & 0xffff)
        .endr
        .if SEED % 4 || KINDS <= 8
        set  r1, SEED >> 40 & 63
        svc  ASK_EXIT
        .else
        set  r14, ROOM + (SEED >> 40 & 63)
        jr   r14                # there is nothing: the fetch traps, and that is the end
        .endif
