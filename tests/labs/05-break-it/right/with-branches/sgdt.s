# Answers by a branch.
        .org 16
start:  rrel r4, r5
        beqz r4, alone
        set  r1, 1
        halt
alone:  set  r1, 0
        halt
