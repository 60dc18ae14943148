# Waits for the clock: where interrupts are not enabled it holds its breath for ever, so count.
        .org 8
        .word bare, 0, 0, 1024
        .org 16
start:  set  r2, 3
        stim r2
        setie 1
        set  r3, 10
wait:   addi r3, r3, -1
        bnez r3, wait
        set  r1, 1
        halt
bare:   set  r1, 0
        halt
