# caught by counts: 
        .include <macros.s>
        .org 16
start:  set  sp, 8000
        set  r1, 25
clear:  sw   r0, table(r1)
        addi r1, r1, -1
        bgez r1, clear
        set  r5, 1
        set  r6, 26
next:   in   r2, r5
        andi r3, r2, 1
        bnez r3, take
        set  r8, 0
report: lw   r1, table(r8)
        beqz r1, skip
        addi r2, r8, 'a'
        out  r2, r0
        set  r2, ' '
        out  r2, r0
        call putd
        newline
skip:   addi r8, r8, 1
        blt  r8, r6, report
        set  r1, 0
        halt
take:   in   r1, r0
        addi r1, r1, -'a'
        bgeu r1, r6, next
        lw   r2, table(r1)
        addi r2, r2, 1
        sw   r2, table(r1)
        j    next
        .include <console.s>
table:  .space 26
