# Sets, clears and sets again, and looks at the saved status of a trap.
        .org 8
        .word after, 0, 0, 1024
        .org 16
start:  setie 1
        setie 0
        setie 1
        svc  7
after:  lw   r2, 1(r0)
        andi r2, r2, 2
        seqz r1, r2
        halt
