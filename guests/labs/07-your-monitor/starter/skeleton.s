# The part of the monitor that is given: it boots, dispatches and reflects. You need not change it. Read it once: it is
# the part of Popek and Goldberg's monitor that they call the dispatcher. What you write is in monitor.s.
#
# The virtual machine of this lab has no clock: its timer is always 0, and its guests neither read nor set it. Nobody
# types for it, so no device of its calls.

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
        .equ VM_WORDS, 32
        .equ guest_window, 2048 # where whoever loads the guest puts its words
        .equ SIZE, 4096         # how many it may have; what counts is VM_SIZE
        .equ SLICE, 200         # steps that a guest may take before we look at it again

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

        .org 16
vm:     .space VM_PC
        .word 0, 0, 0, SIZE     # whoever loads the guest puts its entry first: pc, psw, base, bound
        .word 0, 0, 0           # timer, pending, halted
        .word guest_window, SIZE
        .space VM_WORDS - VM_STEPS

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
        lw   r2, exits(r8)
        jr   r2

# What to do about a real trap, by its cause.
exits:  .word panic, reflect, privileged, reflect, reflect, resume, panic

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
        j    passed

# ---- The ends of most instructions ----------------------------------------------------------------------------------------
# next: go on behind the instruction. passed: go on where VM_PC says. Both count the one step that was done here.
next:   lw   r1, vm + VM_PC(r0)
        addi r1, r1, 1
        sw   r1, vm + VM_PC(r0)
passed: set  r1, 1
        call count
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

# An instruction that is given: `halt`. The guest's machine stops, and so do we.
do_halt:
        set  r1, 1
        sw   r1, vm + VM_HALTED(r0)
        lw   r1, vm + VM_PC(r0)
        addi r1, r1, 1
        sw   r1, vm + VM_PC(r0)
        set  r1, 1
        call count
ended:  set  r1, 0
        halt

# There is no clock yet. The next lab has one.
do_rtim:
do_stim:
        j    panic

# ---- resume: on with the guest --------------------------------------------------------------------------------------------
resume: set  r1, SLICE
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
