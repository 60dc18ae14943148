# Supervisor mode, a user program with a word of its own, a trap each for a coprocessor access and for SVC, the end.
        .org 8
        .word handler, 0xd3, 0, 0xffffffff
        .org 16
        .equ SVC, 2
start:  movw sp, stack
        movw r2, greeting
        bl   print
        movw r5, program
        ldc.status r5
program: .word user, 0, 0, 0xffffffff
user:   movw r3, 20
        addi r3, r3, 22
        movw sp, ustack
        str  r3, 0(sp)
        mrc.table r4            # undefined here
        svc  1
handler:
        movw r5, 0
        ldr  r4, 4(r5)
        movw r6, SVC
        cmp  r4, r6
        beq  done
        movw r6, '*'
        mcr.send 0, r6
        ldr  r4, 0(r5)
        addi r4, r4, 1
        movw r5, program
        str  r4, 0(r5)
        ldc.status r5
done:   movw r2, goodbye
        bl   print
        movw r1, 0
        movw r0, 0
        mcr.wait r0
print:  ldr  r6, 0(r2)
        movw r7, 0
        cmp  r6, r7
        beq  1f
        mcr.send 0, r6
        addi r2, r2, 1
        b    print
1:      bx   lr
        .space 4
stack:  .space 4
ustack: .space 1
greeting: .string "in "
goodbye:  .string " out\n"
