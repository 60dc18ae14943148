# A monitor about as small as one can be: one guest, whose words are in its window when the machine starts. It has no
# clock, nobody types for it, and what it prints is printed. It follows the convention of docs/monitors-in-assembly.md.

        .equ VM_X, 0
        .equ VM_PC, 16
        .equ VM_PSW, 17
        .equ VM_BASE, 18
        .equ VM_BOUND, 19
        .equ VM_TIMER, 20
        .equ VM_PENDING, 21
        .equ VM_HALTED, 22
        .equ VM_WINDOW, 23
        .equ VM_SIZE, 24
        .equ VM_STEPS, 25       # and 26
        .equ VM_NUMBER, 27
        .equ VM_TRAFFIC, 28
        .equ VM_WAY, 29
        .equ VM_PORT, 30
        .equ VM_WORD, 31
        .equ VM_WORDS, 32
        .equ STATUS, 12         # four words of scratch, which lpsw loads
        .equ SIZE, 4096         # words of the window
        .equ LONG, 0x7fffff00   # a timer that never runs out: nobody waits so long for a guest

        .org 8
        .word trap, Mode.supervisor, 0, 0xffffffff
        .org 16
vm:     .space VM_PC
        .word 0, 0, 0, SIZE     # the loader puts the guest's entry first: pc, psw, base, bound
        .word 0, 0, 0           # timer, pending, halted
        .word guest_window, SIZE
        .space VM_WORDS - VM_STEPS

start:  j    resume

resume: lw   r1, vm + VM_PC(r0)
        sw   r1, STATUS(r0)
        set  r1, Mode.user
        sw   r1, STATUS + 1(r0)
        lw   r1, vm + VM_BASE(r0)
        lw   r2, vm + VM_BOUND(r0)
        set  r3, SIZE
        set  r4, 0
        bgeu r1, r3, 1f         # a base beyond the window leaves no room
        sub  r4, r3, r1
1:      bleu r2, r4, 2f
        mov  r2, r4
2:      addi r1, r1, guest_window
        sw   r1, STATUS + 2(r0)
        sw   r2, STATUS + 3(r0)
        lw   r2, vm + 2(r0)
        lw   r3, vm + 3(r0)
        lw   r4, vm + 4(r0)
        lw   r5, vm + 5(r0)
        li   r1, LONG + 2       # the two instructions behind this one count as well
        stim r1
        lw   r1, vm + 1(r0)
leave:  lpsw STATUS(r0)

# The trap came with the timer at one more than what the second instruction reads. Registers 6 to 15 stay the guest's.
trap:   sw   r1, vm + 1(r0)
        rtim r1
        sw   r2, vm + 2(r0)
        sw   r3, vm + 3(r0)
        sw   r4, vm + 4(r0)
        sw   r5, vm + 5(r0)
        sw   r6, vm + 6(r0)
        sw   r7, vm + 7(r0)
        sw   r8, vm + 8(r0)
        sw   r9, vm + 9(r0)
        sw   r10, vm + 10(r0)
        sw   r11, vm + 11(r0)
        sw   r12, vm + 12(r0)
        sw   r13, vm + 13(r0)
        sw   r14, vm + 14(r0)
        sw   r15, vm + 15(r0)
        lw   r2, 0(r0)
        sw   r2, vm + VM_PC(r0)
        li   r2, LONG - 1
        sub  r2, r2, r1         # steps that the guest took
        addi r2, r2, 1          # and the one that is taken here
        lw   r1, vm + VM_STEPS(r0)
        add  r1, r1, r2
        sw   r1, vm + VM_STEPS(r0)
        lw   r1, 4(r0)
        addi r1, r1, -Cause.privileged
        bnez r1, reflect
        lw   r1, vm + VM_PSW(r0)
        bnez r1, reflect
        lw   r1, 5(r0)          # the word of the instruction
        srli r2, r1, 24
        srli r3, r1, 20
        andi r3, r3, 15         # d
        srli r4, r1, 16
        andi r4, r4, 15         # a
        addi r5, r2, -0x80
        beqz r5, do_lpsw
        addi r5, r2, -0x82
        beqz r5, do_rrel
        addi r5, r2, -0x89
        beqz r5, do_out
        addi r5, r2, -0x8c
        beqz r5, do_halt
        set  r1, 3              # it is not that kind of monitor
        halt

reflect:
        lw   r1, vm + VM_PC(r0)
        sw   r1, guest_window(r0)
        lw   r1, vm + VM_PSW(r0)
        sw   r1, guest_window + 1(r0)
        lw   r1, vm + VM_BASE(r0)
        sw   r1, guest_window + 2(r0)
        lw   r1, vm + VM_BOUND(r0)
        sw   r1, guest_window + 3(r0)
        lw   r1, 4(r0)
        sw   r1, guest_window + 4(r0)
        lw   r1, 5(r0)
        sw   r1, guest_window + 5(r0)
        set  r1, guest_window + 8
        j    load

do_lpsw:
        lw   r2, vm + VM_X(r4)
        slli r1, r1, 16
        srai r1, r1, 16
        add  r1, r1, r2         # it trusts its guest: a wrong address is a trap in the monitor
        lw   r2, 2(r0)
        add  r1, r1, r2
load:   lw   r2, 0(r1)
        sw   r2, vm + VM_PC(r0)
        lw   r2, 1(r1)
        sw   r2, vm + VM_PSW(r0)
        lw   r2, 2(r1)
        sw   r2, vm + VM_BASE(r0)
        lw   r2, 3(r1)
        sw   r2, vm + VM_BOUND(r0)
        j    resume

do_rrel:
        lw   r1, vm + VM_BASE(r0)
        sw   r1, vm + VM_X(r3)
        lw   r1, vm + VM_BOUND(r0)
        sw   r1, vm + VM_X(r4)
        j    next

do_out: lw   r1, vm + VM_X(r3)
        lw   r2, vm + VM_X(r4)
        out  r1, r2
        sw   r1, vm + VM_WORD(r0)
        andi r2, r2, 15
        sw   r2, vm + VM_PORT(r0)
        set  r1, 2              # sent
        sw   r1, vm + VM_WAY(r0)
        lw   r1, vm + VM_TRAFFIC(r0)
        addi r1, r1, 1
        sw   r1, vm + VM_TRAFFIC(r0)
next:   sw   r0, vm(r0)         # whatever d is, register 0 is 0
        lw   r1, vm + VM_PC(r0)
        addi r1, r1, 1
        sw   r1, vm + VM_PC(r0)
        j    resume

do_halt:
        set  r1, 1
        sw   r1, vm + VM_HALTED(r0)
        lw   r1, vm + VM_PC(r0)
        addi r1, r1, 1
        sw   r1, vm + VM_PC(r0)
ended:  set  r1, 0
        halt

        .align 64
guest_window:
        .space SIZE
