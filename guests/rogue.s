# A misbehaving user program and the small supervisor that survives it. The program loads, stores and jumps all over the
# address space, executes every privileged instruction, and executes random words; each of its traps is counted, and
# afterwards everything outside its window is as it was.
#
# prints: wild accesses stopped: 200
# prints: wild jumps stopped: 100
# prints: privileged instructions stopped: 13
# prints: words that mean nothing stopped: 100
# prints: the supervisor is intact
# exit: r1 = 0
# steps: 60000

        .include "lib/macros.s"

        .equ ACCESSES, 200      # even: loads and stores take turns
        .equ JUMPS, 100
        .equ WORDS, 100
        .equ SIZE, 256          # of the user's window


        .org 8
        .word handler, Mode.supervisor, 0, 0xffffffff
        .equ SAVED_PC, 0
        .equ CAUSE, 4
        .equ INFO, 5

        .org 16
start:  la   sp, stack
        call sum
        la   r2, before
        sw   r1, 0(r2)
        la   r1, status
        lpsw 0(r1)
status: .word program - window, Mode.user, window, SIZE

# handler: count the trap by its cause, then let the program go on where its r8 says. The handler may use r1 and r2.
# A memory trap whose info is the saved pc was a fetch, so a jump; those are counted at 0.
handler:
        lw   r1, CAUSE(r0)
        set  r2, Cause.svc
        beq  r1, r2, finish
        set  r2, Cause.memory
        bne  r1, r2, 1f
        lw   r1, INFO(r0)
        lw   r2, SAVED_PC(r0)
        sub  r1, r1, r2
        snez r1, r1
        set  r2, Cause.memory
        mul  r1, r1, r2
1:      la   r2, counters
        add  r2, r2, r1
        lw   r1, 0(r2)
        addi r1, r1, 1
        sw   r1, 0(r2)
        sw   r8, SAVED_PC(r0)
        lpsw 0(r0)              # what a trap stores is what lpsw loads

finish: la   sp, stack          # the program has used all registers as it liked
        la   r8, counters
        print "wild accesses stopped: "
        lw   r1, Cause.memory(r8)
        call line
        print "wild jumps stopped: "
        lw   r1, 0(r8)
        call line
        print "privileged instructions stopped: "
        lw   r1, Cause.privileged(r8)
        call line
        print "words that mean nothing stopped: "
        lw   r1, Cause.illegal(r8)
        call line
        call sum
        la   r2, before
        lw   r2, 0(r2)
        bne  r1, r2, 1f
        print "the supervisor is intact\n"
        set  r1, 0
        halt
1:      print "the supervisor is damaged\n"
        set  r1, 1
        halt

# line: print r1 and end the line.
line:   push ra
        call putd
        newline
        pop  ra
        ret

# sum: r1 = a sum over the supervisor and over 256 words behind the window, each word weighted by its place.
sum:    set  r1, 0
        la   r2, start
        la   r3, before
        set  r4, 2              # two parts
1:      lw   r5, 0(r2)
        mul  r5, r5, r2
        add  r1, r1, r5
        addi r2, r2, 1
        bne  r2, r3, 1b
        la   r2, window + SIZE
        addi r3, r2, 256
        addi r4, r4, -1
        bnez r4, 1b
        ret

        .include "lib/console.s"
before: .word 0
counters:
        .space 8
        .space 32
stack:

# The program. r9 is its pseudo-random number, r10 counts; r8 is where it goes on after a trap.
        .align 16
window:
program:
        set  r9, 1
        li   r11, 1664525
        li   r12, 1013904223

        set  r10, ACCESSES
access: call random
        la   r8, loaded
        lw   r4, 0(r3)
loaded: la   r8, stored
        sw   r9, SIZE(r3)       # a different address, and as far outside
stored: addi r10, r10, -2
        bnez r10, access

        set  r10, JUMPS
jump:   call random
        la   r8, landed
        jr   r3
landed: addi r10, r10, -1
        bnez r10, jump

        la   r8, 1f             # each of these pairs moves r8 on by its own length
1:      addi r8, r8, 2
        lpsw 0(r0)
        addi r8, r8, 2
        rpsw r3
        addi r8, r8, 2
        rrel r3, r4
        addi r8, r8, 2
        lrel r9, r9
        addi r8, r8, 2
        rtim r3
        addi r8, r8, 2
        stim r9
        addi r8, r8, 2
        rpnd r3
        addi r8, r8, 2
        cpnd r9
        addi r8, r8, 2
        in   r3, r0
        addi r8, r8, 2
        out  r9, r0
        addi r8, r8, 2
        setie 1
        addi r8, r8, 2
        idle
        addi r8, r8, 2
        halt

        set  r10, WORDS
        li   r4, 0xc0000000     # no instruction begins with these two bits
word:   call random
        or   r3, r9, r4
        sw   r3, slot - window(r0)
        la   r8, next
slot:   .word 0
next:   addi r10, r10, -1
        bnez r10, word
        svc  0

# random: r9 = the next pseudo-random number, r3 = an address outside the window of any order of magnitude.
random: mul  r9, r9, r11
        add  r9, r9, r12
        andi r3, r10, 15
        srl  r3, r9, r3
        addi r3, r3, SIZE
        ret

        .org window + SIZE      # the window must not be longer
        .space 256              # words of which nobody may change any
