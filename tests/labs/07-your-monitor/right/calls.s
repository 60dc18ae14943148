# Small routines that read and write what an instruction names; relocation without a branch.
        .include "skeleton.s"

# A comparison gives 1 or 0, and its negative is a mask.
relocate:
        lw   r1, vm + VM_BASE(r0)
        lw   r2, vm + VM_BOUND(r0)
        lw   r3, vm + VM_SIZE(r0)
        sub  r4, r3, r1
        sltu r5, r1, r3
        neg  r5, r5
        and  r4, r4, r5         # what is left above the base, or nothing
        sltu r5, r2, r4
        neg  r5, r5
        xor  r2, r2, r4
        and  r2, r2, r5
        xor  r2, r2, r4         # the lesser of both
        lw   r3, vm + VM_WINDOW(r0)
        add  r1, r1, r3
        ret

privileged:
        lw   r1, vm + VM_PSW(r0)
        andi r1, r1, Mode.user
        bnez r1, reflect
        srli r1, r9, 24
        addi r1, r1, doing - 0x80
        lw   r1, 0(r1)
        jr   r1

doing:  .word do_lpsw, do_rpsw, do_rrel, do_lrel, timer, timer, do_rpnd, do_cpnd
        .word do_in, do_out, do_setie, do_idle, do_halt

timer:  srli r10, r9, 20        # the part that is given expects the number of register d here
        andi r10, r10, 15
        srli r1, r9, 24
        addi r1, r1, -0x84
        beqz r1, do_rtim
        j    do_stim

# a, d: where the guest's registers of these names are kept, in r2.
a:      srli r2, r9, 16
        andi r2, r2, 15
        addi r2, r2, vm + VM_X
        ret
d:      srli r2, r9, 20
        andi r2, r2, 15
        addi r2, r2, vm + VM_X
        ret

# to_a, to_d: r1 is the new value.
to_a:   mov  r13, ra
        call a
        j    1f
to_d:   mov  r13, ra
        call d
1:      sw   r1, 0(r2)
        sw   r0, vm + VM_X(r0)
        jr   r13

# of_a, of_d: the value, in r1.
of_a:   mov  r13, ra
        call a
        lw   r1, 0(r2)
        jr   r13
of_d:   mov  r13, ra
        call d
        lw   r1, 0(r2)
        jr   r13

do_rpsw:
        lw   r1, vm + VM_PSW(r0)
        call to_d
        j    next
do_rpnd:
        lw   r1, vm + VM_PENDING(r0)
        call to_d
        j    next
do_rrel:
        lw   r1, vm + VM_BASE(r0)
        call to_d
        lw   r1, vm + VM_BOUND(r0)
        call to_a
        j    next
do_lrel:
        call of_d
        sw   r1, vm + VM_BASE(r0)
        call of_a
        sw   r1, vm + VM_BOUND(r0)
        j    next
do_cpnd:
        call of_d
        lw   r2, vm + VM_PENDING(r0)
        not  r2, r2
        or   r1, r1, r2
        not  r1, r1
        sw   r1, vm + VM_PENDING(r0)
        j    next
do_in:  call of_a
        andi r3, r1, 15
        in   r1, r3
        set  r4, 1
        call told
        call to_d
        j    next
do_out: call of_a
        andi r3, r1, 15
        call of_d
        out  r1, r3
        set  r4, 2
        call told
        j    next
told:   sw   r1, vm + VM_WORD(r0)
        sw   r3, vm + VM_PORT(r0)
        sw   r4, vm + VM_WAY(r0)
        lw   r4, vm + VM_TRAFFIC(r0)
        addi r4, r4, 1
        sw   r4, vm + VM_TRAFFIC(r0)
        ret
do_setie:
        lw   r1, vm + VM_PSW(r0)
        set  r2, -3
        and  r1, r1, r2
        andi r2, r9, 1
        beqz r2, 1f
        ori  r1, r1, INTERRUPTS
1:      sw   r1, vm + VM_PSW(r0)
        j    next
do_idle:
        lw   r1, vm + VM_PENDING(r0)
        bnez r1, next
        set  r1, 1
        lw   r2, vm + VM_TIMER(r0)
        beq  r1, r2, next
        j    passed

# The last address is in reach if the first is and three more fit; if not, the first that is not traps.
do_lpsw:
        call of_a
        slli r2, r9, 16
        srai r2, r2, 16
        add  r1, r1, r2
        lw   r2, SAVED_BOUND(r0)
        mov  r9, r1             # the info of a trap at the first
        bgeu r1, r2, 1f
        sub  r3, r2, r1         # so many are in reach
        slti r4, r3, 4
        bltz r3, 2f             # more than a signed number has
        beqz r4, 2f
        mov  r9, r2             # the first that is not
1:      set  r8, Cause.memory
        j    reflect
2:      lw   r2, SAVED_BASE(r0)
        add  r1, r1, r2
        lw   r2, 0(r1)
        lw   r3, 1(r1)
        lw   r4, 2(r1)
        lw   r5, 3(r1)
        sw   r2, vm + VM_PC(r0)
        sw   r3, vm + VM_PSW(r0)
        sw   r4, vm + VM_BASE(r0)
        sw   r5, vm + VM_BOUND(r0)
        j    passed
