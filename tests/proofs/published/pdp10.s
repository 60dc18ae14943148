# Executive mode, a user program, a trap each for in-out and for a monitor call, the end.
        .org 8
        .word handler, 0, 0, 0xffffffff
        .org 16
start:  movei r2, greeting(r0)
        jsp  r14, print(r0)
        jen  program(r0)
        .equ USER, 0x1000
program: .word user, USER, 0, 0xffffffff
user:   movei r3, 20(r0)
        addi r3, 22(r0)
        cono 0, '!'(r0)         # traps
        calli 12(r0)
handler:
        move r4, count(r0)
        addi r4, 1(r0)
        movem r4, count(r0)
        caie r4, 1(r0)
        jrst done(r0)
        move r6, 0(r0)
        addi r6, 1(r0)
        movem r6, program(r0)
        cono 0, '*'(r0)
        jen  program(r0)
done:   movei r2, goodbye(r0)
        jsp  r14, print(r0)
        movei r1, 0(r0)
        halt 0(r0)
print:  move r7, 0(r2)
        jumpe r7, 0(r14)
        cono 0, 0(r7)
        addi r2, 1(r0)
        jrst print(r0)
count:  .word 0
greeting: .string "in "
goodbye:  .string " out\n"
