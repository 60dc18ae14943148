# Your handler and a program for it, in one image: `trapline run try.s --steps 100000`, or `trapline debug try.s` to see every step.
# Another program is `trapline run try.s --define SEED=NUMBER`.

        .include "handler.s"

        .org 4096
        .include "program.s"
