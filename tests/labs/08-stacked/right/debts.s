# What a guest still has of its turn is VM_SHARE less what it has used; VM_LEFT counts up, from where a turn begins.

pass:   lw   r2, vm + VM_TIMER(r0)
        beqz r2, used
        set  r3, 1
        bgeu r1, r2, 1f
        sub  r3, r2, r1
1:      sw   r3, vm + VM_TIMER(r0)
        j    used

spend:
used:   lw   r3, first(r0)      # whoever loads a guest has put its share into VM_LEFT
        bnez r3, 1f
        set  r3, 1
        sw   r3, first(r0)
        sw   r0, vm + VM_LEFT(r0)
        sw   r0, vms + VM_WORDS + VM_LEFT(r0)
1:      lw   r3, vm + VM_LEFT(r0)
        add  r3, r3, r1
        sw   r3, vm + VM_LEFT(r0)
        ret

first:  .word 0                 # 1 as soon as both count from 0

# left: r2 = what is left of the turn.
left:   lw   r2, vm + VM_SHARE(r0)
        lw   r3, first(r0)
        beqz r3, 1f
        lw   r3, vm + VM_LEFT(r0)
        sub  r2, r2, r3
1:      ret

lend:   mov  r6, ra
        call left
        mov  r1, r2
        call clock
        bltu r1, r2, 1f
        mov  r1, r2
1:      jr   r6

# clock: r2 = how many steps until the guest's clock traps; of one that does not, very many.
clock:  set  r2, -1
        lw   r3, vm + VM_PSW(r0)
        srli r3, r3, 1
        andi r3, r3, 1
        beqz r3, 1f
        lw   r3, vm + VM_TIMER(r0)
        add  r2, r2, r3
1:      ret

interrupt:
        call left
        beqz r2, schedule
        call clock
        bnez r2, resume
        set  r8, Cause.clock
        set  r9, 0
        j    reflect

schedule:
        set  r6, vms
        set  r7, vms + VM_WORDS
        lw   r1, vm + VM_NUMBER(r0)
        beqz r1, 1f
        set  r6, vms + VM_WORDS
        set  r7, vms
1:      sw   r0, vm + VM_LEFT(r0)
        lw   r1, VM_HALTED(r7)
        bnez r1, resume
        set  r2, vm
        mov  r3, r6
        call copy
        mov  r2, r7
        set  r3, vm
        call copy
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
        j    timeless
