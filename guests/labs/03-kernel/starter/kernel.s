# A small kernel: processes in windows of their own, which take turns. Finish it: handout.md says what it has to do.
#
# This much works: the processes are prepared, and the first one runs until it traps. Try it:
#
#     trapline run try.s --steps 100000

        .equ SAVED_PC, 0        # what a trap stores, and where
        .equ SAVED_PSW, 1
        .equ SAVED_BASE, 2
        .equ SAVED_BOUND, 3
        .equ CAUSE, 4
        .equ INFO, 5
        .equ SCRATCH, 6
        .equ PROCESSES, 7       # how many there are, when the machine starts: 1 to 6
        .equ STATUS, 12         # four words for lpsw, within reach when no register is free

        .equ WINDOWS, 4096      # where the first window begins, and how many words each has
        .equ SIZE, 1024
        .equ QUANTUM, 200       # steps of a turn
        .equ INTERRUPTS, 2      # the bit of the psw that enables them

        .equ P_PC, 0            # a process descriptor: its status, in the order that lpsw loads,
        .equ P_PSW, 1
        .equ P_BASE, 2
        .equ P_BOUND, 3
        .equ P_R, 4             # P_R + n is register n,
        .equ P_ALIVE, 20        # and whether it has not ended
        .equ P_SIZE, 21

        .org 8                  # the status that every trap loads
        .word trap, Mode.supervisor, 0, 0xffffffff

        .org 16
start:  lw   r1, PROCESSES(r0)
        set  r12, table
        set  r2, WINDOWS
        set  r3, SIZE
        set  r4, Mode.user | INTERRUPTS
1:      sw   r0, P_PC(r12)      # every process begins at the first word of its window,
        sw   r4, P_PSW(r12)
        sw   r2, P_BASE(r12)
        sw   r3, P_BOUND(r12)
        sw   r3, P_R + 14(r12)  # with its stack at the end of it; all other registers are 0
        sw   r3, P_ALIVE(r12)
        add  r2, r2, r3
        addi r12, r12, P_SIZE
        addi r1, r1, -1
        bnez r1, 1b
        set  r12, table
        set  r1, QUANTUM
        stim r1
        j    resume

# resume: go on with the process whose descriptor is at r12.
resume: sw   r12, current(r0)
        .rept 4, i
        lw   r1, \i(r12)
        sw   r1, STATUS + \i(r0)
        .endr
        .rept 16, i             # the loop would lose r12 in the middle of itself, and so it comes last
        .if \i != 12
        lw   r\i, P_R + \i(r12)
        .endif
        .endr
        lw   r12, P_R + 12(r12)
        lpsw STATUS(r0)

# A process was interrupted; its registers are still in the registers.
trap:   set  r1, 1              # what now?
        halt

current:
        .word 0                 # the descriptor of the process that runs
table:  .space 6 * P_SIZE
