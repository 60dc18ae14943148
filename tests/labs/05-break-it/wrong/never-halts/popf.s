# caught by popf tells: budget
# Waits for an interrupt that never comes under the monitor.
        .org 8
        .word bare, 0, 0, 1024
        .org 16
start:  set  r2, 3
        stim r2
        setie 1
wait:   j    wait
bare:   set  r1, 0
        halt
