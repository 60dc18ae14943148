# How often is each letter in what is typed? Read characters until the input ends. For each letter from a to z that was
# there, print a line: the letter, a blank, how often. Whatever is no small letter is not counted.
#
# This much works: it reads everything, and prints what it counted of the letter a. Run it:
#
#     echo banana > fruit.txt && trapline run letters.s --input fruit.txt

        .include <macros.s>

        .equ STATUS, 1          # port: bit 0, a character waits; bit 1, no more will come

        .org 16
start:  set  sp, 4096
        set  r8, 0              # how many a
next:   set  r1, STATUS
        in   r2, r1
        andi r3, r2, 1
        bnez r3, take
        andi r3, r2, 2
        bnez r3, report
        j    next
take:   in   r1, r0             # port 0 is the console
        set  r2, 'a'
        bne  r1, r2, next
        addi r8, r8, 1
        j    next

report: set  r1, 'a'
        out  r1, r0
        set  r1, ' '
        out  r1, r0
        mov  r1, r8
        call putd
        newline
        set  r1, 0              # exit code 0: all is well
        halt

        .include <console.s>    # `putd` prints a number
