# From a trap to the return into the guest. Every way takes at most one step of the virtual machine in the guest's
# stead, and has no loop but those over the monitor's own tables.

# ---- trap: save the guest's registers, and find out how long it ran -----------------------------------------------------
# The real timer counts in the first instruction too, but the second reads it before it counts. A trap of the clock
# comes with 1 in it, and every other with 2 or more. So what is read is one less than the timer was at a trap of
# another kind, and just that at one of the clock.
trap:   sw   r1, vm + VM_X + 1(r0)
        rtim r1
        sw   r2, vm + VM_X + 2(r0)
        sw   r3, vm + VM_X + 3(r0)
        sw   r4, vm + VM_X + 4(r0)
        sw   r5, vm + VM_X + 5(r0)
        sw   r6, vm + VM_X + 6(r0)
        sw   r7, vm + VM_X + 7(r0)
        sw   r8, vm + VM_X + 8(r0)
        sw   r9, vm + VM_X + 9(r0)
        sw   r10, vm + VM_X + 10(r0)
        sw   r11, vm + VM_X + 11(r0)
        sw   r12, vm + VM_X + 12(r0)
        sw   r13, vm + VM_X + 13(r0)
        sw   r14, vm + VM_X + 14(r0)
        sw   r15, vm + VM_X + 15(r0)
        lw   r2, SAVED_PSW(r0)
        andi r2, r2, Mode.user
        beqz r2, panic          # the monitor itself must not trap
        set  sp, stack          # nothing on it outlives a trap
        lw   r2, SAVED_PC(r0)
        sw   r2, vm + VM_PC(r0) # the real pc is the virtual one: both count in the guest's own window
        lw   r8, CAUSE(r0)
        lw   r9, INFO(r0)
        xori r2, r8, Cause.clock
        snez r2, r2
        add  r1, r1, r2         # the real timer when the guest trapped
        lw   r2, lent(r0)
        sub  r1, r2, r1
        lw   r2, now(r0)
        add  r2, r2, r1
        sw   r2, now(r0)
        call pass
        lw   r1, vm + VM_LEFT(r0)
        beqz r1, 2f             # its turn is over
        addi r1, r1, -EXIT      # if not, it pays for the exit, and keeps a step with which to go on
        bgtz r1, 1f
        set  r1, 1
1:      sw   r1, vm + VM_LEFT(r0)
2:      lw   r2, exits(r8)
        jr   r2

# What to do about a real trap. Three are the guest's own business: on its machine they would have happened alike.
exits:  .word panic, reflect, privileged, reflect, reflect, interrupt, attention

# attention: a real device calls. What it has to say is asked for when it is due in the guest's time.
attention:
        set  r1, -1
        cpnd r1
        j    resume

# interrupt: the real clock, so the guest has had what it was lent. What is due at this step of its time, in the order
# in which its machine does it: devices act; the clock traps; a device traps that wants attention.
interrupt:
        lw   r1, vm + VM_LEFT(r0)
        beqz r1, schedule       # nothing before it is its turn again
        call devices
        lw   r1, vm + VM_PSW(r0)
        andi r1, r1, INTERRUPTS
        beqz r1, resume
        set  r8, Cause.clock
        set  r9, 0
        lw   r1, vm + VM_TIMER(r0)
        addi r1, r1, -1
        beqz r1, reflect
        set  r8, Cause.device
        lw   r9, vm + VM_PENDING(r0)
        bnez r9, reflect
        # and on with the guest

# ---- resume: lend the guest as many steps as it may take alone, and leave -----------------------------------------------
# Its devices have done then what is due at this step of its time. It is lent none if a trap is due at once: then the real
# clock traps before its first step.
resume: call devices
        mov  r5, r1             # r5: how many steps it is lent. Until the next thing that a device of its does
        lw   r1, vm + VM_PC(r0)
        sw   r1, STATUS(r0)
        set  r1, GUEST
        sw   r1, STATUS + 1(r0)
        lw   r1, vm + VM_BASE(r0)       # relocation: what the guest wants, as far as its window goes
        lw   r2, vm + VM_SIZE(r0)
        lw   r3, vm + VM_BOUND(r0)
        set  r4, 0
        bgeu r1, r2, 1f         # a base beyond the window leaves no room
        sub  r4, r2, r1
1:      bleu r3, r4, 2f
        mov  r3, r4
2:      lw   r2, vm + VM_WINDOW(r0)
        add  r2, r1, r2
        sw   r2, STATUS + 2(r0)
        sw   r3, STATUS + 3(r0)

        lw   r1, vm + VM_LEFT(r0)       # or until its turn ends
        bleu r1, r5, 3f
        mov  r1, r5
3:      lw   r2, vm + VM_PSW(r0)
        andi r2, r2, INTERRUPTS
        beqz r2, 5f             # nothing interrupts it
        lw   r2, vm + VM_PENDING(r0)
        beqz r2, 4f
        set  r1, 0
4:      lw   r2, vm + VM_TIMER(r0)
        beqz r2, 5f
        addi r2, r2, -1         # its timer is 1 so many steps from now
        bleu r1, r2, 5f
        mov  r1, r2
5:      addi r1, r1, 1          # a timer of n leaves n - 1 steps
        sw   r1, lent(r0)

        lw   r2, vm + VM_X + 2(r0)
        lw   r3, vm + VM_X + 3(r0)
        lw   r4, vm + VM_X + 4(r0)
        lw   r5, vm + VM_X + 5(r0)
        lw   r6, vm + VM_X + 6(r0)
        lw   r7, vm + VM_X + 7(r0)
        lw   r8, vm + VM_X + 8(r0)
        lw   r9, vm + VM_X + 9(r0)
        lw   r10, vm + VM_X + 10(r0)
        lw   r11, vm + VM_X + 11(r0)
        lw   r12, vm + VM_X + 12(r0)
        lw   r13, vm + VM_X + 13(r0)
        lw   r14, vm + VM_X + 14(r0)
        lw   r15, vm + VM_X + 15(r0)
        addi r1, r1, 2          # the two instructions behind this one count as well
        stim r1
        lw   r1, vm + VM_X + 1(r0)
leave:  lpsw STATUS(r0)

lent:   .word 0                 # the real timer at the guest's first step: one more than it was lent
now:    .word 0                 # a clock that is never ahead of ours: steps of all guests, and those slept

# ---- panic: a trap in the monitor, which is a mistake in the monitor ----------------------------------------------------
panic:  set  sp, stack
        print "[vmm: panic, cause "
        lw   r1, CAUSE(r0)
        call putx
        print " pc "
        lw   r1, SAVED_PC(r0)
        call putx
        print "]\n"
        set  r1, 3
        halt
