# On g3_jrst: halt with exit code 0 on the machine itself, and with 1 under a monitor. Try it:
#
#     trapline run jrst.s --isa g3_jrst
#     trapline run jrst.s --isa g3_jrst --monitor trap
#
# This one asks for its status, which is the same in both. A trap loads pc, psw, base and bound from words 8 to 11.

        .org 8
        .word trapped, 0, 0, 1024

        .org 16
start:  rpsw r2                 # bit 0: user mode
        set  r1, 0              # exit code 0: the machine itself
        halt
trapped:
        set  r1, 2              # exit code 2: something trapped
        halt
