# Virtual time: what is left of a turn and of the guest's own timer is counted down together.

# pass: r1 steps in which nothing trapped; the timer counts down to 1, where it holds.
pass:   lw   r2, vm + VM_TIMER(r0)
        beqz r2, spend          # off
        sub  r3, r2, r1
        bltu r1, r2, 1f
        set  r3, 1
1:      sw   r3, vm + VM_TIMER(r0)
        # and so many of its turn

# spend: r1 steps of its turn.
spend:  lw   r2, vm + VM_LEFT(r0)
        sub  r2, r2, r1
        sw   r2, vm + VM_LEFT(r0)
        ret

# lend: r1 = until its turn ends, or until its clock would interrupt it.
lend:   lw   r1, vm + VM_LEFT(r0)
        lw   r2, vm + VM_PSW(r0)
        andi r2, r2, INTERRUPTS
        beqz r2, 1f
        lw   r2, vm + VM_TIMER(r0)
        beqz r2, 1f
        addi r2, r2, -1
        bleu r1, r2, 1f
        mov  r1, r2
1:      ret

# interrupt: it has had what it was lent.
interrupt:
        lw   r1, vm + VM_LEFT(r0)
        beqz r1, schedule
        lw   r1, vm + VM_PSW(r0)
        andi r1, r1, INTERRUPTS
        beqz r1, resume
        lw   r1, vm + VM_TIMER(r0)
        addi r1, r1, -1
        bnez r1, resume
        set  r8, Cause.clock
        set  r9, 0
        j    reflect

# schedule: the other's turn, unless it has halted.
schedule:
        lw   r1, vm + VM_NUMBER(r0)
        set  r6, vms            # r6: its own place, r7: the other's
        addi r7, r6, VM_WORDS
        beqz r1, 1f
        mov  r7, r6
        addi r6, r7, VM_WORDS
1:      lw   r1, VM_HALTED(r7)
        bnez r1, 2f
        set  r2, vm
        mov  r3, r6
        call copy
        mov  r2, r7
        set  r3, vm
        call copy
2:      lw   r1, vm + VM_SHARE(r0)
        sw   r1, vm + VM_LEFT(r0)
        j    resume

do_rtim:
        lw   r1, vm + VM_TIMER(r0)
        sw   r1, vm + VM_X(r10)
        sw   r0, vm + VM_X(r0)
        j    next

do_stim:
        lw   r1, vm + VM_X(r10)
        sw   r1, vm + VM_TIMER(r0)
        lw   r1, vm + VM_PC(r0)
        addi r1, r1, 1
        sw   r1, vm + VM_PC(r0)
        j    timeless           # it counts from the next step on
