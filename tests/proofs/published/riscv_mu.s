# Machine mode, a program in user mode and a region of its own, a trap each for a CSR and for ECALL, the end.
        .org 16
        .equ CALL_OF_USER, 8
start:  li   x5, handler
        csrrw.mtvec x0, x5
        li   x12, greeting
        jal  ra, print
        csrrw.mepc x0, x0       # the region's first word
        li   x5, user
        csrrw.pmpaddr0 x0, x5
        li   x5, 4
        csrrw.pmpaddr1 x0, x5
        csrrw.mstatus x0, x0
        mret
user:   li   x6, 20
        addi x6, x6, 22
        csrr.mhartid x7         # illegal here
        ecall
handler:
        csrr.mcause x8
        li   x9, CALL_OF_USER
        beq  x8, x9, done
        li   x9, '*'
        custom.out 0, x9
        csrr.mepc x8
        addi x8, x8, 1
        csrrw.mepc x0, x8
        mret
done:   li   x12, goodbye
        jal  ra, print
        li   a0, 0
        custom.stop
print:  lw   x9, 0(x12)
        beq  x9, zero, 1f
        custom.out 0, x9
        addi x12, x12, 1
        j    print
1:      ret
greeting: .string "in "
goodbye:  .string " out\n"
