# caught by jrst tells: bare, on 
# Nobody is there to take the trap: words 8 to 11 are whatever they are.
        .org 16
start:  set  r1, 1
        jrst out(r0)
out:    halt
