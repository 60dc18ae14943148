"""Programs of which a device overwrites what runs. `by` is how much one of their steps adds."""

READING = """
        .org 16
start:  set  r2, 2
        set  r3, 3
        set  r4, 4
        set  r5, 128            # where the loop is
        set  r6, 1
        out  r5, r2
        out  r0, r3
        out  r6, r4             # read block 0 over it
        set  r7, 300
        b    loop
        .org 128
loop:   addi r1, r1, 1
        addi r8, r8, {by}
        addi r9, r9, 1
        blt  r1, r7, loop
        halt
"""
