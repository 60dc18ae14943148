# caught by sgdt tells: bare, on 
# Says that there is a monitor, whatever is there.
start:  rrel r2, r3
        set  r1, 1
        halt
