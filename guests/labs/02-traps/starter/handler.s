# A trap handler. A program runs in user mode, in a window of 1024 words from word 4096 on, and everything that it cannot
# do for itself traps to here. Finish `handler`: handout.md says what each trap has to do.
#
# This much works: the program is started, with the clock running, and what it prints is printed. Try it:
#
#     trapline run try.s --steps 100000

        .equ SAVED_PC, 0        # what a trap stores, and where
        .equ SAVED_PSW, 1
        .equ SAVED_BASE, 2
        .equ SAVED_BOUND, 3
        .equ CAUSE, 4
        .equ INFO, 5

        .equ WINDOW, 4096       # where the program lies, and how many words it has
        .equ SIZE, 1024
        .equ TICK, 300          # steps from one clock trap to the next
        .equ INTERRUPTS, 2      # the bit of the psw that enables them

        .org 8                  # the status that every trap loads
        .word handler, Mode.supervisor, 0, 0xffffffff

        .org 16
start:  set  r1, TICK
        stim r1
        lpsw first(r0)          # go: the program begins at its own address 0
first:  .word 0, Mode.user | INTERRUPTS, WINDOW, SIZE

# The program was interrupted; its registers are still in the registers.
handler:
        lw   r2, CAUSE(r0)
        set  r3, Cause.svc
        bne  r2, r3, over
        lw   r2, INFO(r0)
        set  r3, 1
        bne  r2, r3, over
        out  r1, r0
over:   lw   r2, SAVED_PC(r0)   # go on behind the instruction that trapped
        addi r2, r2, 1
        sw   r2, SAVED_PC(r0)
        lpsw SAVED_PC(r0)
