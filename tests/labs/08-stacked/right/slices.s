# Never more than 32 steps at a time, and blocks change places word by word.

# least: r1 = the lesser of r1 and r2.
least:  bleu r1, r2, 1f
        mov  r1, r2
1:      ret

lend:   mov  r7, ra
        set  r1, 32
        lw   r2, vm + VM_LEFT(r0)
        call least
        lw   r3, vm + VM_PSW(r0)
        andi r3, r3, INTERRUPTS
        lw   r2, vm + VM_TIMER(r0)
        addi r2, r2, -1         # of a timer that is off this is more than anything
        beqz r3, 1f
        call least
1:      jr   r7

pass:   lw   r2, vm + VM_TIMER(r0)
        sltiu r3, r2, 2
        bnez r3, spend          # off, or it holds
        addi r2, r2, -1
        bleu r1, r2, 1f
        sub  r2, r2, r2
        j    2f
1:      sub  r2, r2, r1
2:      addi r2, r2, 1
        sw   r2, vm + VM_TIMER(r0)
spend:  lw   r2, vm + VM_LEFT(r0)
        sub  r2, r2, r1
        sw   r2, vm + VM_LEFT(r0)
        ret

interrupt:
        lw   r1, vm + VM_LEFT(r0)
        beqz r1, schedule
        call lend
        bnez r1, resume         # it has only had its 32
        set  r8, Cause.clock
        mov  r9, r0
        j    reflect

schedule:
        lw   r1, vm + VM_SHARE(r0)
        sw   r1, vm + VM_LEFT(r0)
        set  r6, 1
        lw   r1, vm + VM_NUMBER(r0)
        sub  r6, r6, r1         # the other's number
        set  r2, VM_WORDS
        mul  r1, r1, r2
        mul  r6, r6, r2
        lw   r2, vms + VM_HALTED(r6)
        bnez r2, resume
        set  r5, 0
1:      lw   r2, vm(r5)
        add  r3, r1, r5
        sw   r2, vms(r3)
        add  r3, r6, r5
        lw   r2, vms(r3)
        sw   r2, vm(r5)
        addi r5, r5, 1
        slti r2, r5, VM_WORDS
        bnez r2, 1b
        j    resume

do_rtim:
        lw   r1, vm + VM_TIMER(r0)
        beqz r10, next
        sw   r1, vm + VM_X(r10)
        j    next

do_stim:
        lw   r1, vm + VM_X(r10)
        sw   r1, vm + VM_TIMER(r0)
        lw   r1, vm + VM_PC(r0)
        addi r1, r1, 1
        sw   r1, vm + VM_PC(r0)
        j    timeless
