# The self-test's third part: what is the supervisor's: status, clock, devices, traps. r8 = 0x80000007 and r9 = -3 here.

# The supervisor's registers
        rpsw r1
        is   Mode.supervisor
        set  r3, 0
        set  r4, 1000
        stim r4                 # no trap: interrupts are off
        nop
        nop
        rtim r1                 # two steps later it has counted twice
        is   998
        stim r0
        rtim r1
        is   0
        set  r4, -1             # if a device calls (the console, when there is input), it can be silenced
        cpnd r4
        set  r1, 1
        rpnd r1
        is   0
        set  r4, 15             # a port where nothing is attached
        out  r9, r4
        set  r1, 1
        in   r1, r4
        is   0

# The clock: held at 1 while interrupts are off, a trap at the first step with interrupts on
        set  r4, 20
        stim r4
        idle                    # waits
        rtim r1
        is   1
        idle                    # falls through: the clock wants attention
        then 1f
        setie 1
late:   halt                    # never executed
1:      stim r0
        traps Cause.clock, 0
        lw   r1, SAVED_PC(r0)
        is   late
        lw   r1, SAVED_PSW(r0)
        is   INTERRUPTS
        rpsw r1                 # the trap has switched them off
        is   0
        setie 1
        rpsw r1
        setie 0
        is   INTERRUPTS

# stim n leaves n - 1 instructions
        then 1f
        set  r3, 0
        set  r4, 6
        setie 1
        stim r4
        addi r3, r3, 1
        addi r3, r3, 1
        addi r3, r3, 1
        addi r3, r3, 1
        addi r3, r3, 1
        addi r3, r3, 1
        addi r3, r3, 1
1:      stim r0
        mov  r1, r3
        is   5

# svc and the word that is no instruction, from the supervisor
        then 1f
        svc  0xbeef
1:      traps Cause.svc, 0xbeef
        then 1f
nothing:
        .word 0
1:      traps Cause.illegal, 0
        lw   r1, SAVED_PC(r0)
        is   nothing
