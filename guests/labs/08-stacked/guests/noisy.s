# Traps with every step it can: the time, its status, calls of a supervisor that is itself, and words that are none.
        .org 8
        .word handler, 0, 0, 0x100
        .org 16
start:  rtim r1
        svc  7
        rpsw r2
        .word 0
        rrel r3, r4
        j    start
handler:
        lw   r5, 0(r0)
        addi r5, r5, 1
        jr   r5
