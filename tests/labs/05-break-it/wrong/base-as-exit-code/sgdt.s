# caught by sgdt tells: must halt with exit code 1: exit code
# The base itself is no answer.
start:  rrel r1, r2
        halt
