# On g3_sgdt: halt with exit code 0 on the machine itself, and with 1 under a monitor. Try it:
#
#     trapline run sgdt.s --isa g3_sgdt
#     trapline run sgdt.s --isa g3_sgdt --monitor trap
#
# This one looks where the program lies, and keeps it to itself.

        .org 16
start:  rrel r2, r3             # r2: the base, r3: the bound
        set  r1, 0              # exit code 0: the machine itself
        halt
