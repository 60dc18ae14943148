# S-mode, a program in U-mode, a trap each for a CSR and for ECALL, the end.
        .org 16
        .equ ECALL, 8
start:  li   x5, handler
        csrrw.stvec x0, x5
        li   x12, greeting
        jal  ra, print
        li   x5, user
        csrrw.sepc x0, x5
        li   x5, -1
        csrrw.oldbound x0, x5
        csrrw.sstatus x0, x0
        sret
user:   li   x6, 20
        addi x6, x6, 22
        csrr.satp x7            # illegal here
        ecall
handler:
        csrr.scause x8
        li   x9, ECALL
        beq  x8, x9, done
        li   x9, '*'
        custom.out 0, x9
        csrr.sepc x8
        addi x8, x8, 1
        csrrw.sepc x0, x8
        sret
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
