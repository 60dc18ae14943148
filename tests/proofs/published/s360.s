# Supervisor, a program in problem state, an interruption each for a privileged operation and for SVC, the end.
        .org 8
        .word handler, 0, 0, 0xffffffff
        .org 16
start:  la   r2, greeting(r0, r0)
        bal  r14, print(r0, r0)
        lpsw program(r0)
        .equ PROBLEM, 0x10000
program: .word user, PROBLEM, 0, 0xffffffff
wait:   .word wait, 0x20000, 0, 0xffffffff
user:   lhi  r3, 20
        ahi  r3, 1
        ar   r3, r3
        ssm  zero(r0)           # interrupts: privileged
        svc  7
handler:
        l    r4, 4(r0, r0)      # why
        la   r5, 8(r0, r0)      # a supervisor call ends it
        cr   r4, r5
        bc   8, done(r0, r0)
        l    r6, 0(r0, r0)      # another goes on after the operation
        ahi  r6, 1
        st   r6, program(r0, r0)
        wrd  star(r0), 0
        lpsw program(r0)
done:   la   r2, goodbye(r0, r0)
        bal  r14, print(r0, r0)
        lhi  r1, 0
        lpsw wait(r0)
print:  l    r7, 0(r2, r0)
        lhi  r8, 0
        cr   r7, r8
        bcr  8, r14
        st   r7, letter(r0, r0)
        wrd  letter(r0), 0
        ahi  r2, 1
        bc   15, print(r0, r0)
letter: .word 0
zero:   .word 0
star:   .word '*'
greeting: .string "in "
goodbye:  .string " out\n"
