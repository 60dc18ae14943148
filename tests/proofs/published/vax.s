# Kernel mode, a program in supervisor mode, a trap each for MTPR and for BPT, the end.
        .org 8
        .word handler, 0, 0, 0xffffffff
        .org 16
        .equ SUPERVISOR, 0x2800000      # and the previous mode too
        .equ BREAKPOINT, 0x2c
start:  movzwl sp, stack
        movzwl r3, greeting
        bsbw   print
        movzwl r2, 0
        ldpctx program(r2)
program: .word inside, SUPERVISOR, 0, 0xffffffff
inside: movzwl r1, 20
        addl2  r1, r1
        pushl  r1
        mtpr.ipl r1             # faults
        bpt
handler:
        movzwl r2, 0
        ldl    r1, 4(r2)
        movzwl r4, BREAKPOINT
        cmpl   r1, r4
        beql   done
        movzwl r1, '*'
        mtpr.txdb r1
        ldl    r1, 0(r2)
        movzwl r4, 1
        addl2  r1, r4
        stl    r1, program(r2)
        ldpctx program(r2)
done:   movzwl r3, goodbye
        bsbw   print
        movzwl r0, 0
        halt
print:  movzwl r4, 1
1:      ldl    r1, 0(r3)
        movzwl r2, 0
        cmpl   r1, r2
        beql   2f
        mtpr.txdb r1
        addl2  r3, r4
        brw    1b
2:      rsb
        .space 16
stack:
greeting: .string "in "
goodbye:  .string " out\n"
