# Print every line of the input backwards: a console driver that waits by `idle` with interrupts off, and so needs no
# trap handler.
#
# input: a man a plan
# input: step on no pets
# prints: nalp a nam a
# prints: step on no pets
# prints: 2 lines
# exit: r1 = 0
# steps: 10000

        .include "lib/macros.s"

        .equ STATUS, 1          # the console's second port: bit 0, a character waits; bit 1, no more will come

        .org 16
start:  la   sp, stack
        set  r8, 0              # how many lines
        mov  r9, sp             # the characters of the line lie on the stack, up to here
next:   set  r2, STATUS
        in   r3, r2
        andi r4, r3, 1
        bnez r4, take
        andi r4, r3, 2
        bnez r4, end
        idle                    # if a character came since the look at the status, its bit is pending: no waiting
        rpnd r4
        cpnd r4                 # before the next look, or a wake-up could be lost
        b    next

take:   in   r1, r0             # port 0: the character
        set  r2, '\n'
        beq  r1, r2, line
        push r1
        b    next
line:   addi r8, r8, 1
1:      beq  sp, r9, 2f
        pop  r2
        out  r2, r0
        b    1b
2:      out  r1, r0
        b    next

end:    mov  r1, r8
        call putd
        print " lines\n"
        set  r1, 0
        halt

        .include "lib/console.s"
        .space 1024             # a line of the input may have about so many characters
stack:
