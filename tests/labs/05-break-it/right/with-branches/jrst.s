# Asks for the status in what should be user mode.
        .org 8
        .word bare, 0, 0, 1024
        .org 16
start:  la   r5, next
        jrst 0(r5)
next:   rpsw r2
        set  r1, 1
        halt
bare:   set  r1, 0
        halt
