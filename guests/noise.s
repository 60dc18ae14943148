# A noisy neighbour: it does nothing but trap, ROUNDS times; `--define ROUNDS=0` is as good as for ever.
#
# prints: 500 traps, and nothing done
# exit: r1 = 0
# steps: 10000

        .include "lib/macros.s"

        .ifndef ROUNDS
        .equ ROUNDS, 500
        .endif

        .org 16
start:  la   sp, stack
        set  r8, ROUNDS
1:      rpnd r1                 # privileged: under a monitor each of them is an exit
        addi r8, r8, -1
        bnez r8, 1b
        set  r1, ROUNDS
        call putd
        print " traps, and nothing done\n"
        set  r1, 0
        halt

        .include "lib/console.s"
        .space 32
stack:
