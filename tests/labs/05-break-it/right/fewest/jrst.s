# Whoever is really in user mode now is trapped by `halt`.
        .org 8
        .word bare, 0, 0, 1024
        .org 16
start:  set  r1, 1
        jrst out(r0)
out:    halt
bare:   set  r1, 0
        halt
