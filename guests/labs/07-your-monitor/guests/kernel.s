# A kernel with one process, which is relocated. The process calls for each letter; then it reaches too far, and is killed.
        .include <macros.s>
        .org 8
        .word handler, 0, 0, 0x100
        .org 16
start:  set  r1, process
        sw   r1, status + 2(r0)
        lpsw status(r0)

handler:
        lw   r2, 4(r0)
        addi r2, r2, -Cause.svc
        bnez r2, killed
        out  r1, r0
        lw   r2, 0(r0)
        addi r2, r2, 1
        sw   r2, status(r0)
        lpsw status(r0)

killed: set  r1, '!'
        out  r1, r0
        set  r1, 10
        out  r1, r0
        set  r1, 0
        halt

status: .word 0, Mode.user, 0, 16

process:
        set  r1, 'h'
        svc  1
        set  r1, 'i'
        svc  1
        lw   r1, 16(r0)
        svc  1
