# What ../trap.s does: a user program calls the supervisor ROUNDS times; the handler counts the call and returns.
# kernel() gives the number of calls.

        .option arch, +zicsr
        .equ COUNT_IT, 0        # system calls
        .equ LEAVE, 1
        .equ USER_BITS, 0x1800  # of mstatus: the mode that mret returns to
        .equ EVERYWHERE, 0x1f   # user mode may do anything to any address

        .text
        .globl kernel
kernel: la   t0, kept
        sw   ra, 0(t0)
        li   t1, -1
        csrw pmpaddr0, t1
        li   t1, EVERYWHERE
        csrw pmpcfg0, t1
        la   t1, handler
        csrw mtvec, t1
        la   t1, scratch
        csrw mscratch, t1
        sw   zero, 4(t1)
        la   t1, user
        csrw mepc, t1
        li   t1, USER_BITS
        csrc mstatus, t1
        mret

        .align 2
handler:
        csrrw t0, mscratch, t0  # the address of `scratch`
        sw   t1, 0(t0)
        bnez a7, leave
        lw   t1, 4(t0)
        addi t1, t1, 1
        sw   t1, 4(t0)
        csrr t1, mepc
        addi t1, t1, 4
        csrw mepc, t1
        lw   t1, 0(t0)
        csrrw t0, mscratch, t0
        mret
leave:  lw   a0, 4(t0)          # in machine mode for good
        la   t0, kept
        lw   ra, 0(t0)
        ret

user:   li   s0, ROUNDS
        li   a7, COUNT_IT
1:      ecall
        addi s0, s0, -1
        bnez s0, 1b
        li   a7, LEAVE
        ecall

        .bss
        .align 4
kept:   .space 4
scratch:
        .space 8                # a register, and the number of calls
