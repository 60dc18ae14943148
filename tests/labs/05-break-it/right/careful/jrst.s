# Calls the supervisor, and looks at the mode that the trap saved.
        .org 8
        .word after, 0, 0, 1024
        .org 16
start:  jrst next(r0)
next:   svc  0
after:  lw   r2, 1(r0)
        andi r2, r2, 1
        seqz r1, r2
        halt
