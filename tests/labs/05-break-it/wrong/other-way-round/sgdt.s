# caught by sgdt tells: it must halt with exit code 0: exit code 1
# The right question, the answer the wrong way round.
start:  rrel r1, r2
        seqz r1, r1
        halt
