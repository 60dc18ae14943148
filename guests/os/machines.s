# A virtual machine for a process: what the kernel does so that a process can be a monitor. The process keeps the state
# of the machine in a block of its own and has the machine's storage in its own window. The kernel lets the machine run
# there, de-privileged and relocated, and comes back with what stopped it. What that means to the machine is the
# process's business, and so the kernel trusts nothing in the block: whatever relocation stands there, what is run stays
# inside the storage that the process named, which lies in its window.
#
#   9 machine(block, storage)    the process has a machine with the state at `block` and VM_SIZE words at `storage`; 0
#   10 run(steps) -> cause       run it from there, at most so many steps: why it stopped, with VM_INFO and VM_RAN
#
# Here a process sets and gets the registers of its machine by writing and reading its block. When the machine has had
# its steps, or the clock or a device wants the kernel, the cause is `clock` or `device`: then nothing has happened to
# the machine, and the process runs it again when it likes.

# ---- The block, as far as the kernel knows it; the rest is the process's own ---------------------------------------
        .equ VM_X, 0            # sixteen registers
        .equ VM_PC, 16
        .equ VM_BASE, 18        # relocation within the machine's storage
        .equ VM_BOUND, 19
        .equ VM_WINDOW, 23      # where its storage begins, a physical address: told, for whoever looks from outside
        .equ VM_SIZE, 24        # how many words it has
        .equ VM_RAN, 32         # told: how many steps the last run took
        .equ VM_INFO, 33        # told: what the trap that ended it stored beside the cause
        .equ VM_SHARED, 34      # words of the block that the kernel may write

# ---- machine: remember what lies where, in physical addresses ------------------------------------------------------
make_machine:
        mov  r9, r2
        set  r2, VM_SHARED
        call physical
        beqz r1, refuse
        mov  r8, r1
        mov  r1, r9
        lw   r2, VM_SIZE(r8)
        call physical
        beqz r1, refuse
        sw   r8, P_MACHINE(r12)
        sw   r1, P_WINDOW(r12)
        sw   r2, P_WORDS(r12)
        sw   r1, VM_WINDOW(r8)
        set  r1, 0
        j    done

# ---- run: enter the machine of process r12 for at most r1 steps ----------------------------------------------------
# As long as it runs, traps come in by a way of their own, so that those of processes take no step more for its sake.
run_machine:
        lw   r8, P_MACHINE(r12)
        beqz r8, refuse
        lw   r2, VM_PC(r8)
        sw   r2, STATUS(r0)
        set  r2, Mode.user | 2
        sw   r2, STATUS + 1(r0)
        lw   r2, VM_BASE(r8)
        lw   r3, VM_BOUND(r8)
        lw   r4, P_WORDS(r12)
        sub  r5, r4, r2         # the room above the base; none if that lies beyond the end
        bltu r2, r4, 1f
        set  r5, 0
1:      bleu r3, r5, 2f
        mov  r3, r5
2:      lw   r4, P_WINDOW(r12)
        add  r2, r2, r4
        sw   r2, STATUS + 2(r0)
        sw   r3, STATUS + 3(r0)
        set  r2, machine_trap
        sw   r2, VECTOR(r0)

# The timer has the kernel's tick to keep and the machine's steps to count, so it is set for whichever comes first, and
# `behind` says by how much the tick comes later. From `timed` to `leave` there is no branch: every step counts.
timed:  rtim r2
        addi r2, r2, -(leave + 2 - timed)       # steps of the machine before the tick; below 0 if that is late already
        srai r3, r2, 31
        not  r3, r3
        and  r3, r3, r2         # not below 0
        sub  r4, r1, r3
        sltu r5, r1, r3
        neg  r5, r5
        and  r4, r4, r5
        add  r3, r3, r4         # the smaller of that and r1
        sub  r2, r2, r3
        addi r2, r2, -(back + 1 - machine_trap)
        sw   r2, behind(r0)
        addi r3, r3, 1          # the clock traps at 1
        sw   r3, granted(r0)
        addi r3, r3, leave - set_timer
set_timer:
        stim r3
        lw   r1, VM_X + 1(r8)
        lw   r2, VM_X + 2(r8)
        lw   r3, VM_X + 3(r8)
        lw   r4, VM_X + 4(r8)
        lw   r5, VM_X + 5(r8)
        lw   r6, VM_X + 6(r8)
        lw   r7, VM_X + 7(r8)
        lw   r9, VM_X + 9(r8)
        lw   r10, VM_X + 10(r8)
        lw   r11, VM_X + 11(r8)
        lw   r12, VM_X + 12(r8)
        lw   r13, VM_X + 13(r8)
        lw   r14, VM_X + 14(r8)
        lw   r15, VM_X + 15(r8)
        lw   r8, VM_X + 8(r8)
leave:  lpsw STATUS(r0)

behind: .word 0                 # how much later the tick comes, less the steps from the trap to `back`
granted:
        .word 0                 # the timer at the machine's first step

# ---- machine_trap: the machine has stopped -------------------------------------------------------------------------
# The steps it took are exact. The timer was at least 2 at every trap but the clock's, and has lost 1 when it is read in
# the second step after it: so 1 means that it was 2.
machine_trap:
        sw   r12, SCRATCH(r0)
        rtim r12
        sw   r12, TIMED(r0)
        lw   r12, current(r0)
        lw   r12, P_MACHINE(r12)
        sw   r1, VM_X + 1(r12)
        sw   r2, VM_X + 2(r12)
        sw   r3, VM_X + 3(r12)
        sw   r4, VM_X + 4(r12)
        sw   r5, VM_X + 5(r12)
        sw   r6, VM_X + 6(r12)
        sw   r7, VM_X + 7(r12)
        sw   r8, VM_X + 8(r12)
        sw   r9, VM_X + 9(r12)
        sw   r10, VM_X + 10(r12)
        sw   r11, VM_X + 11(r12)
        lw   r1, SCRATCH(r0)
        sw   r1, VM_X + 12(r12)
        sw   r13, VM_X + 13(r12)
        sw   r14, VM_X + 14(r12)
        sw   r15, VM_X + 15(r12)
        lw   r1, SAVED_PC(r0)
        sw   r1, VM_PC(r12)
        lw   r1, INFO(r0)
        sw   r1, VM_INFO(r12)
        lw   r1, CAUSE(r0)
        lw   r2, TIMED(r0)
        xori r3, r1, Cause.clock
        snez r3, r3
        add  r2, r2, r3         # the timer at the trap
        lw   r3, granted(r0)
        sub  r3, r3, r2
        sw   r3, VM_RAN(r12)
        lw   r3, behind(r0)
        add  r2, r2, r3         # what the tick's timer would be now
        bgtz r2, back
        set  r2, 1              # the tick is due
back:   stim r2
        set  r2, trap
        sw   r2, VECTOR(r0)
        lw   r12, current(r0)
        j    done               # and what the kernel's own clock and devices want traps in the process
