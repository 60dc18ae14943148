# caught by sgdt tells: it must halt with exit code 1: exit code 0
# Knows the one place at which it was tried.
start:  rrel r2, r3
        set  r1, 1
        set  r4, 256
        beq  r2, r4, out
        set  r1, 0
out:    halt
