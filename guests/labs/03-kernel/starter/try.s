# Your kernel and two equal processes, in one image: `trapline run try.s --steps 100000`, or `trapline debug try.s` to see
# every step.

        .org 7
        .word 2                 # how many processes there are
        .include "kernel.s"

        .org 4096
        .include "process.s"
        .org 5120
        .rept PIECES, i         # the second one is shorter: it only prints
        set  r1, 'A' + \i
        svc  ASK_PRINT
        .endr
        svc  ASK_EXIT
