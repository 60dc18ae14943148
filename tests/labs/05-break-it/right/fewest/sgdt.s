# The fewest words: the base is 0 on the machine itself, and nowhere else.
start:  rrel r1, r2
        snez r1, r1
        halt
