# A process: a program in user mode that computes, prints and gives way. Your kernel is tried with many of them at a time:
# which one it is, SEED says, a number of 96 bits, PIECES how long it is, and END how it ends: 0 with `svc 0`, the others
# badly, or never. This file is not handed in, so change it as you like; your kernel cannot use the names defined in it.
#
# Each process lies in a window of its own, and knows nothing of that: its addresses count from 0.

        .ifndef SEED
        .equ SEED, 0x5eed_2b4c_1f08_d3a7_9610_44ef
        .endif
        .ifndef PIECES
        .equ PIECES, 12
        .endif
        .ifndef SPIN
        .equ SPIN, 40           # how often loops go round at most
        .endif
        .ifndef END
        .equ END, 0
        .endif

        .equ ASK_EXIT, 0        # services: this process ends
        .equ ASK_PRINT, 1       # print the character in r1
        .equ ASK_YIELD, 2       # somebody else's turn
        .equ ROOM, 1024         # words of the window

# piece KIND, VALUE: a few instructions.
.macro piece kind, value
        .if \kind == 0
        add  r2, r3, r4
        xor  r5, r5, r2
        mul  r13, r13, r5
        .endif
        .if \kind == 1 || \kind == 2
        set  r6, 1 + \value % SPIN
1:      add  r7, r7, r6
        addi r6, r6, -1
        bnez r6, 1b
        .endif
        .if \kind == 3
        sw   r7, 900 + \value % 124(r0)
        lw   r8, 1000(r0)
        .endif
        .if \kind == 4 || \kind == 5
        mov  r9, r1
        set  r1, 'a' + \value % 26
        svc  ASK_PRINT
        mov  r1, r9
        .endif
        .if \kind == 6 || \kind == 7
        svc  ASK_YIELD
        add  r10, r10, r12
        .endif
.endm

        .rept 16, i             # every register has something in it that must stay there
        li   r\i, (SEED >> \i & 0xffff) * 0x9e37 + \i
        .endr
        .rept PIECES, i
        piece (SEED >> 4 * \i & 7), (SEED >> 3 * \i & 0xffff)
        .endr

        .if END == 1
        .word 0xff00_0000 + (SEED & 0xffff)     # no instruction
        .endif
        .if END == 2
        lrel r0, r0             # nobody's business but the kernel's
        .endif
        .if END == 3
        lw   r1, ROOM(r0)       # the next process's first word, if nobody sees to it
        .endif
        .if END == 4
        sw   r1, -1 - SEED % 4000(r0)
        .endif
        .if END == 5
        svc  3 + SEED % 60000   # no service
        .endif
        .if END == 6
        li   r2, 0x7fff_0000
        jr   r2
        .endif
        .if END == 7
        j    .                  # for ever
        .endif
        .if END == 8
1:      set  r1, '!'            # for ever, and asks all the time
        svc  ASK_PRINT
        j    1b
        .endif
        .if END == 9
1:      svc  ASK_YIELD          # for ever, and gives way
        j    1b
        .endif
        svc  ASK_EXIT
        svc  ASK_EXIT           # nobody comes here
