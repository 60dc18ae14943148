# On g3_popf: halt with exit code 0 on the machine itself, and with 1 under a monitor. Try it:
#
#     trapline run popf.s --isa g3_popf
#     trapline run popf.s --isa g3_popf --monitor trap
#
# This one enables interrupts, and believes that it did.

        .org 16
start:  setie 1
        set  r1, 0              # exit code 0: the machine itself
        halt
