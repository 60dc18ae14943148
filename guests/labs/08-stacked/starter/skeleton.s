# The part of the monitor that is given: it boots with one guest or two, dispatches and reflects. What you write is in
# time.s; your monitor.s of the lab before includes this file, and stays as it is but for `idle`.

        .include <macros.s>

# ---- A virtual machine: its block, as docs/monitors-in-assembly.md has it -----------------------------------------------
        .equ VM_X, 0            # sixteen registers, of which the first is 0
        .equ VM_PC, 16
        .equ VM_PSW, 17
        .equ VM_BASE, 18
        .equ VM_BOUND, 19
        .equ VM_TIMER, 20
        .equ VM_PENDING, 21
        .equ VM_HALTED, 22
        .equ VM_WINDOW, 23      # where its storage begins in ours
        .equ VM_SIZE, 24        # how many words that has
        .equ VM_STEPS, 25       # steps that it has taken: two words, low then high
        .equ VM_NUMBER, 27      # which guest it is
        .equ VM_TRAFFIC, 28     # words it has moved over its ports
        .equ VM_WAY, 29         # the last of them: 1 received, 2 sent; over which port; which word
        .equ VM_PORT, 30
        .equ VM_WORD, 31
        .equ VM_SHARE, 32       # steps of a turn: what this guest is promised
        .equ VM_LEFT, 33        # steps that are left of this turn
        .equ VM_WORDS, 34
        .equ VMS, 2             # guests
        .equ SHARED_CONSOLE, 1  # both print to the same
        .equ guest_window, 2048 # where whoever loads a single guest puts its words
        .equ SIZE, 4096         # how many it may have; what counts is VM_SIZE

# ---- What a trap stores, at 0, and other words that everybody reaches through r0 ---------------------------------------
        .equ SAVED_PC, 0
        .equ SAVED_PSW, 1
        .equ SAVED_BASE, 2
        .equ SAVED_BOUND, 3
        .equ CAUSE, 4
        .equ INFO, 5
        .equ VECTOR, 8          # four words that a trap loads
        .equ STATUS, 12         # four words of ours for lpsw
        .equ INTERRUPTS, 2      # the bit of the psw that enables them
        .equ GUEST, Mode.user | INTERRUPTS      # the psw with which every guest runs, whatever it believes

        .org VECTOR
        .word trap, Mode.supervisor, 0, 0xffffffff

# The block of the guest whose turn it is lies at `vm`. The table `vms` has a place for each guest; that of the one whose
# turn it is is old. Whoever loads guests fills in what each begins with; a second one that has halted is none.
        .org 16
vm:     .space VM_PC
        .word 0, 0, 0, SIZE     # pc, psw, base, bound
        .word 0, 0, 0           # timer, pending, halted
        .word guest_window, SIZE
        .space VM_SHARE - VM_STEPS
        .word 1000, 1000        # share, left
vms:    .space VM_WORDS
        .space VM_HALTED
        .word 1, guest_window, SIZE, 0, 0, 1
        .space VM_SHARE - VM_TRAFFIC
        .word 1000, 1000
vm_count:
        .word VMS

start:  j    resume

# ---- trap: save the guest's registers, and find out how many steps it took ---------------------------------------------
# The real timer counts in the first instruction too, but the second reads it before it counts. A trap of the clock comes
# with 1 in it, and every other with 2 or more. So what is read is one less than the timer was at a trap of another
# kind, and just that at one of the clock.
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
        lw   r2, SAVED_PC(r0)
        sw   r2, vm + VM_PC(r0) # the real pc is the virtual one: both count in the guest's own window
        lw   r8, CAUSE(r0)
        lw   r9, INFO(r0)
        xori r2, r8, Cause.clock
        snez r2, r2
        add  r1, r1, r2         # the real timer when the guest trapped
        lw   r2, lent(r0)
        sub  r1, r2, r1
        call count
        call pass               # yours
        lw   r2, exits(r8)
        jr   r2

# What to do about a real trap, by its cause. `interrupt` is yours: the guest has had the steps that it was lent.
exits:  .word panic, reflect, privileged, reflect, reflect, interrupt, panic

# ---- reflect: the guest's machine takes a trap of cause r8 with info r9 ------------------------------------------------
reflect:
        lw   r1, vm + VM_WINDOW(r0)
        lw   r2, vm + VM_PC(r0)
        sw   r2, SAVED_PC(r1)
        lw   r2, vm + VM_PSW(r0)
        sw   r2, SAVED_PSW(r1)
        lw   r2, vm + VM_BASE(r0)
        sw   r2, SAVED_BASE(r1)
        lw   r2, vm + VM_BOUND(r0)
        sw   r2, SAVED_BOUND(r1)
        sw   r8, CAUSE(r1)
        sw   r9, INFO(r1)
        lw   r2, VECTOR(r1)
        sw   r2, vm + VM_PC(r0)
        lw   r2, VECTOR + 1(r1)
        sw   r2, vm + VM_PSW(r0)
        lw   r2, VECTOR + 2(r1)
        sw   r2, vm + VM_BASE(r0)
        lw   r2, VECTOR + 3(r1)
        sw   r2, vm + VM_BOUND(r0)
timeless:                       # one step, in which the guest's timer does not count
        set  r1, 1
        call count
        call spend              # yours
        j    resume

# ---- The ends of most instructions ----------------------------------------------------------------------------------------
# next: go on behind the instruction. passed: go on where VM_PC says. Both count the one step that was done here.
next:   lw   r1, vm + VM_PC(r0)
        addi r1, r1, 1
        sw   r1, vm + VM_PC(r0)
passed: set  r1, 1
        call count
        call pass
        j    resume

# count: r1 more steps have been taken. Uses r2 and r3, leaves r1.
count:  lw   r2, vm + VM_STEPS(r0)
        add  r2, r2, r1
        sw   r2, vm + VM_STEPS(r0)
        sltu r2, r2, r1         # the carry
        lw   r3, vm + VM_STEPS + 1(r0)
        add  r3, r3, r2
        sw   r3, vm + VM_STEPS + 1(r0)
        ret

do_halt:
        set  r1, 1
        sw   r1, vm + VM_HALTED(r0)
        lw   r1, vm + VM_PC(r0)
        addi r1, r1, 1
        sw   r1, vm + VM_PC(r0)
        set  r1, 1
        call count
        call pass
ended:  set  r2, vms            # is there another that has not halted?
        lw   r1, vm + VM_NUMBER(r0)
        bnez r1, 1f
        addi r2, r2, VM_WORDS
1:      lw   r1, VM_HALTED(r2)
        beqz r1, schedule       # yours
        set  r1, 0
        halt

# copy: a block from r2 to r3. Uses r4 and r5.
copy:   addi r4, r2, VM_WORDS
1:      lw   r5, 0(r2)
        sw   r5, 0(r3)
        addi r2, r2, 1
        addi r3, r3, 1
        bne  r2, r4, 1b
        ret

# ---- resume: on with the guest --------------------------------------------------------------------------------------------
resume: call lend               # yours: r1 = how many steps the guest may take alone
        addi r1, r1, 1          # a timer of n leaves n - 1 steps
        sw   r1, lent(r0)
        lw   r1, vm + VM_PC(r0)
        sw   r1, STATUS(r0)
        set  r1, GUEST
        sw   r1, STATUS + 1(r0)
        call relocate           # yours: r1 = the real base, r2 = the real bound
        sw   r1, STATUS + 2(r0)
        sw   r2, STATUS + 3(r0)
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
        lw   r1, lent(r0)
        addi r1, r1, 2          # the two instructions behind this one count as well
        stim r1
        lw   r1, vm + VM_X + 1(r0)
leave:  lpsw STATUS(r0)

lent:   .word 0                 # the real timer at the guest's first step: one more than it was lent

# ---- panic: a trap in the monitor, which is a mistake in the monitor ---------------------------------------------------
panic:  set  r1, 3
        halt

        .include "time.s"
