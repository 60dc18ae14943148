# caught by two: r13 is
        .equ LINK, 20           # the next one
        .equ BACK, 21           # the one before
        .equ EACH, 22
        .org 8
        .word entry, 0, 0, -1
        .org 32
start:  lw   r9, 7(r0)
        set  r1, ring           # where the next descriptor comes
        set  r2, 4096
1:      set  r3, 3
        sw   r3, 1(r1)
        sw   r2, 2(r1)
        set  r3, 1024
        sw   r3, 3(r1)
        sw   r3, 18(r1)
        addi r3, r1, EACH
        sw   r3, LINK(r1)
        addi r3, r1, -EACH
        sw   r3, BACK(r1)
        addi r1, r1, EACH
        addi r2, r2, 1024
        addi r9, r9, -1
        bnez r9, 1b
        addi r1, r1, -EACH      # close it
        set  r2, ring
        sw   r2, LINK(r1)
        sw   r1, BACK(r2)
        mov  r1, r2

begin:  sw   r1, now(r0)
        set  r2, 195
        stim r2
go:     lw   r1, now(r0)
        lw   r2, 0(r1)
        sw   r2, 12(r0)
        lw   r2, 1(r1)
        sw   r2, 13(r0)
        lw   r2, 2(r1)
        sw   r2, 14(r0)
        lw   r2, 3(r1)
        sw   r2, 15(r0)
        lw   r2, 6(r1)
        lw   r3, 7(r1)
        lw   r4, 8(r1)
        lw   r5, 9(r1)
        lw   r6, 10(r1)
        lw   r7, 11(r1)
        lw   r8, 12(r1)
        lw   r9, 13(r1)
        lw   r10, 14(r1)
        lw   r11, 15(r1)
        lw   r12, 16(r1)
        lw   r13, 17(r1)
        lw   r14, 18(r1)
        lw   r15, 19(r1)
        lw   r1, 5(r1)
        lpsw 12(r0)

entry:  sw   r1, 6(r0)
        lw   r1, now(r0)
        sw   r2, 6(r1)
        sw   r3, 7(r1)
        sw   r4, 8(r1)
        sw   r5, 9(r1)
        sw   r6, 10(r1)
        sw   r7, 11(r1)
        sw   r8, 12(r1)
        sw   r9, 13(r1)
        sw   r10, 14(r1)
        sw   r11, 15(r1)
        sw   r12, 16(r1)
        sw   r14, 18(r1)
        sw   r15, 19(r1)
        lw   r2, 6(r0)
        sw   r2, 5(r1)
        lw   r2, 0(r0)
        sw   r2, 0(r1)
        lw   r3, 4(r0)
        lw   r3, what(r3)
        jr   r3
what:   .word ends, ends, ends, ends, asks, other, ends

asks:   addi r2, r2, 1
        sw   r2, 0(r1)
        lw   r2, 5(r0)
        set  r3, 1
        bltu r2, r3, ends
        beq  r2, r3, print
        set  r3, 2
        bne  r2, r3, ends
other:  lw   r1, LINK(r1)
        j    begin
print:  lw   r2, 5(r1)
        out  r2, r0
        j    go
ends:   lw   r2, LINK(r1)
        lw   r3, BACK(r1)
        sw   r2, LINK(r3)
        sw   r3, BACK(r2)
        bne  r1, r2, other
        set  r1, 0
        halt
now:    .word 0
ring:   .space 6 * EACH
