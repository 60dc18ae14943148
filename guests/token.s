# Draw TOKENS tokens that nobody else should have: a random word, and beside it one in which the machine's generation is
# mixed, all words of it. Of a machine and its clone the first column is the same from where they parted; the second is not.
#
# prints: 7b1dcdaf 7b1dcdaf
# prints: a1b965f4 a1b965f4
# prints: 8009454f 8009454f
# prints: 724c81ec 724c81ec
# exit: r1 = 0
# steps: 20000

        .include "lib/macros.s"

        .equ TOKENS, 4
        .equ RANDOM, 5          # the port of the random source
        .equ NOTICES, 9         # the port that gives the generation; 0 where there is no host
        .equ WORDS, 5           # of the generation: its number, and that of the host that gave it
        .equ GOLDEN, 0x9e3779b1 # odd, so that different generations mix in differently
        .equ PAUSE, 500         # rounds between two tokens

        .org 16
start:  la   sp, stack
        set  r9, TOKENS
        set  r11, RANDOM
        set  r12, NOTICES
        li   r13, GOLDEN
draw:   in   r8, r11
        mov  r1, r8
        call putx
        print " "
        set  r7, 0              # before each use: a clone goes on in the middle
        set  r10, 0
mix:    out  r7, r12            # this word of the generation
        in   r6, r12
        add  r10, r10, r6
        mul  r10, r10, r13
        addi r7, r7, 1
        slti r6, r7, WORDS
        bnez r6, mix
        xor  r1, r8, r10
        call putx
        newline
        set  r10, PAUSE
wait:   addi r10, r10, -1
        bnez r10, wait
        addi r9, r9, -1
        bnez r9, draw
        set  r1, 0
        halt

        .include "lib/console.s"
        .space 32
stack:
