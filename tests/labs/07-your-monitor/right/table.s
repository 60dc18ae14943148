# The monitor as a table of instructions.
        .include "skeleton.s"

# relocate: r1 = the real base, r2 = the real bound: what the guest wants, as far as its window goes.
relocate:
        lw   r1, vm + VM_BASE(r0)
        lw   r3, vm + VM_SIZE(r0)
        lw   r2, vm + VM_BOUND(r0)
        set  r4, 0
        bgeu r1, r3, 1f         # a base beyond the window leaves no room
        sub  r4, r3, r1
1:      bleu r2, r4, 2f
        mov  r2, r4
2:      lw   r3, vm + VM_WINDOW(r0)
        add  r1, r1, r3
        ret

privileged:
        lw   r1, vm + VM_PSW(r0)
        andi r1, r1, Mode.user
        bnez r1, reflect        # to its own users it is refused as well
        srli r10, r9, 20
        andi r10, r10, 15       # d
        srli r11, r9, 16
        andi r11, r11, 15       # a
        srli r1, r9, 24
        andi r1, r1, 15
        lw   r1, emulated(r1)
        jr   r1

emulated:
        .word do_lpsw, do_rpsw, do_rrel, do_lrel, do_rtim, do_stim, do_rpnd, do_cpnd
        .word do_in, do_out, do_setie, do_idle, do_halt, panic, panic, panic

give:   sw   r1, vm + VM_X(r10) # r1 into register d
        sw   r0, vm + VM_X(r0)  # whatever d is, register 0 is 0
        j    next

do_rpsw:
        lw   r1, vm + VM_PSW(r0)
        j    give

do_rrel:
        lw   r1, vm + VM_BASE(r0)
        sw   r1, vm + VM_X(r10)
        mov  r10, r11           # if both are one register, the bound stays
        lw   r1, vm + VM_BOUND(r0)
        j    give

do_lrel:
        lw   r1, vm + VM_X(r10)
        sw   r1, vm + VM_BASE(r0)
        lw   r1, vm + VM_X(r11)
        sw   r1, vm + VM_BOUND(r0)
        j    next

do_rpnd:
        lw   r1, vm + VM_PENDING(r0)
        j    give

do_cpnd:
        lw   r1, vm + VM_X(r10)
        not  r1, r1
        lw   r2, vm + VM_PENDING(r0)
        and  r1, r1, r2
        sw   r1, vm + VM_PENDING(r0)
        j    next

do_setie:
        andi r1, r9, 1
        slli r1, r1, 1          # where INTERRUPTS is
        lw   r2, vm + VM_PSW(r0)
        ori  r2, r2, INTERRUPTS
        xori r2, r2, INTERRUPTS
        or   r1, r1, r2
        sw   r1, vm + VM_PSW(r0)
        j    next

do_idle:
        lw   r1, vm + VM_PENDING(r0)
        bnez r1, next
        lw   r1, vm + VM_TIMER(r0)
        addi r1, r1, -1
        beqz r1, next
        j    passed             # the same instruction again

# Nothing is changed before all four words are here: the last of them may lie beyond the guest's reach.
do_lpsw:
        lw   r1, vm + VM_X(r11)
        slli r2, r9, 16
        srai r2, r2, 16
        add  r1, r1, r2
        call word
        mov  r4, r2
        addi r1, r1, 1
        call word
        mov  r5, r2
        addi r1, r1, 1
        call word
        mov  r6, r2
        addi r1, r1, 1
        call word
        sw   r4, vm + VM_PC(r0)
        sw   r5, vm + VM_PSW(r0)
        sw   r6, vm + VM_BASE(r0)
        sw   r2, vm + VM_BOUND(r0)
        j    passed

# word: r2 = the word at the guest's address r1, through the relocation with which it ran; a trap if it has none there.
word:   lw   r2, SAVED_BOUND(r0)
        bgeu r1, r2, 1f
        lw   r2, SAVED_BASE(r0)
        add  r2, r2, r1
        lw   r2, 0(r2)
        ret
1:      set  r8, Cause.memory
        mov  r9, r1
        j    reflect

do_in:  lw   r3, vm + VM_X(r11)
        andi r3, r3, 15
        in   r1, r3
        set  r2, 1
        call note
        j    give

do_out: lw   r3, vm + VM_X(r11)
        andi r3, r3, 15
        lw   r1, vm + VM_X(r10)
        out  r1, r3
        set  r2, 2
        call note
        j    next

# note: word r1 went over port r3, which way r2.
note:   sw   r1, vm + VM_WORD(r0)
        sw   r2, vm + VM_WAY(r0)
        sw   r3, vm + VM_PORT(r0)
        lw   r2, vm + VM_TRAFFIC(r0)
        addi r2, r2, 1
        sw   r2, vm + VM_TRAFFIC(r0)
        ret
