# What is left of ../trap.s in user mode: ROUNDS system calls, to whoever plays the supervisor. kernel() gives their
# number.

        .equ GETPID, 172

        .text
        .globl kernel
kernel: li   t0, ROUNDS
        li   t1, 0
        li   a7, GETPID
1:      ecall
        addi t1, t1, 1
        bne  t1, t0, 1b
        mv   a0, t1
        ret
