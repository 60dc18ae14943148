# caught by two: exit code
        .equ SCRATCH, 6
        .equ COUNT, 7
        .equ STATUS, 12
        .equ QUANTUM, 200
        .equ P_R, 4
        .equ P_ALIVE, 20
        .equ P_SIZE, 21

        .org 8
        .word trap, Mode.supervisor, 0, 0xffffffff

        .org 16
start:  lw   r1, COUNT(r0)
        set  r12, table
        set  r2, 4096
        set  r3, 1024
        set  r4, Mode.user | 2
1:      sw   r0, 0(r12)
        sw   r4, 1(r12)
        sw   r2, 2(r12)
        sw   r3, 3(r12)
        sw   r3, P_R + 14(r12)
        sw   r3, P_ALIVE(r12)
        add  r2, r2, r3
        addi r12, r12, P_SIZE
        addi r1, r1, -1
        bnez r1, 1b
        sw   r12, end(r0)
        set  r12, table

turn:   set  r1, QUANTUM
        stim r1
resume: sw   r12, current(r0)
        .rept 4, i
        lw   r1, \i(r12)
        sw   r1, STATUS + \i(r0)
        .endr
        .rept 16, i
        .if \i != 12
        lw   r\i, P_R + \i(r12)
        .endif
        .endr
        lw   r12, P_R + 12(r12)
        lpsw STATUS(r0)

trap:   sw   r12, SCRATCH(r0)
        lw   r12, current(r0)
        .rept 16, i
        sw   r\i, P_R + \i(r12)
        .endr
        lw   r1, SCRATCH(r0)
        sw   r1, P_R + 12(r12)
        lw   r1, 0(r0)
        sw   r1, 0(r12)
        lw   r2, 4(r0)
        addi r3, r2, -Cause.clock
        beqz r3, next
        addi r3, r2, -Cause.svc
        bnez r3, dies
        addi r1, r1, 1
        sw   r1, 0(r12)
        lw   r2, 5(r0)
        addi r2, r2, -1
        beqz r2, print
        addi r2, r2, -1
        beqz r2, next
dies:   sw   r0, P_ALIVE(r12)

next:   lw   r4, end(r0)
        lw   r5, COUNT(r0)
1:      addi r12, r12, P_SIZE
        blt  r12, r4, 2f
        set  r12, table
2:      lw   r6, P_ALIVE(r12)
        bnez r6, turn
        addi r5, r5, -1
        bnez r5, 1b
        lw   r1, P_R + 1(r12)
        halt

print:  lw   r1, P_R + 1(r12)
        out  r1, r0
        j    resume

current:
        .word 0
end:    .word 0
table:  .space 6 * P_SIZE
