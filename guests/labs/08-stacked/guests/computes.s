# Computes, and never asks for anything.
        .org 8
        .word start, 0, 0, 0x100
        .org 16
start:  addi r1, r1, 1
        mul  r2, r2, r1
        xor  r3, r3, r2
        j    start
