# caught by jrst tells: bare, on 
# The handler's bound is 0, so that it cannot be fetched.
        .org 8
        .word bare, 0, 0, 0
        .org 16
start:  set  r1, 1
        jrst out(r0)
out:    halt
bare:   set  r1, 0
        halt
