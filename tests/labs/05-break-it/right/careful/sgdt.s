# Asks in user mode too, with a handler of its own: words 8 to 11 lead there. The base of the guest is 0 for both.
        .org 8
        .word trapped, 0, 0, 1024
        .org 16
start:  set  r1, 0
        rrel r3, r4
        bne  r3, r0, under
        halt
under:  set  r1, 1
        halt
trapped:
        set  r1, 3
        halt
