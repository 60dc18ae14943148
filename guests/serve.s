# Serve requests, one on each line, and answer each with a line: `w 40` works for 40 rounds, and `d 3` visits 3 blocks of
# the disk and counts the visit in each. A server waits by `idle`; what it does is proportional to what it is asked.
#
# input: w 3
# input: d 2
# input: d 1
# input: d 5
# input: w 0
# disk: 4
# prints: 28658
# prints: 1
# prints: 2
# prints: 4
# prints: 0
# prints: 5 requests
# exit: r1 = 0
# steps: 10000

        .include "lib/macros.s"

        .equ STATUS, 1          # the console's second port: bit 0, a character waits; bit 1, no more will come
        .equ ADDRESS, 2         # the disk's ports
        .equ BLOCK, 3
        .equ COMMAND, 4         # also the status
        .equ READ, 1
        .equ WRITE, 2
        .equ BUSY, 1

        .org 16
start:  la   sp, stack
        set  r8, 0              # how many requests
next:   set  r9, 0              # what kind this one is: its last character that is no digit
        set  r10, 0             # and its number
1:      call get
        beqz r1, end
        set  r2, '\n'
        beq  r1, r2, asked
        set  r2, '0'
        sub  r3, r1, r2
        set  r2, 10
        bltu r3, r2, 2f
        set  r2, ' '
        beq  r1, r2, 1b
        mov  r9, r1
        b    1b
2:      mul  r10, r10, r2
        add  r10, r10, r3
        b    1b

asked:  addi r8, r8, 1
        set  r1, 0
        beqz r10, answer
        set  r2, 'd'
        beq  r9, r2, visit
work:   set  r2, 75
        mul  r1, r1, r2
        addi r1, r1, 74
        andi r1, r1, 0xffff
        addi r10, r10, -1
        bnez r10, work
answer: call putd
        newline
        b    next

visit:  set  r11, 0             # the block
1:      set  r1, READ
        call transfer
        lw   r12, buffer(r0)
        addi r12, r12, 1
        sw   r12, buffer(r0)
        set  r1, WRITE
        call transfer
        addi r11, r11, 1
        set  r2, BLOCK
        in   r2, r2             # how many there are
        blt  r11, r2, 2f
        set  r11, 0             # and then from the first again
2:      addi r10, r10, -1
        bnez r10, 1b
        mov  r1, r12
        b    answer

end:    mov  r1, r8
        call putd
        print " requests\n"
        set  r1, 0
        halt

# get: the next character in r1; 0 when no more will come.
get:    set  r2, STATUS
        in   r3, r2
        andi r1, r3, 1
        bnez r1, 1f
        andi r3, r3, 2
        bnez r3, 2f
        idle                    # if a character came since the look at the status, its bit is pending: no waiting
        rpnd r3
        cpnd r3
        b    get
1:      in   r1, r0
2:      ret

# transfer: command r1 for block r11 and the buffer.
transfer:
        la   r3, buffer
        set  r4, ADDRESS
        out  r3, r4
        set  r4, BLOCK
        out  r11, r4
        set  r4, COMMAND
        out  r1, r4
        set  r3, BUSY
1:      idle
        rpnd r1
        cpnd r1                 # `get` looks at the status before it waits, so it may lose its bit
        in   r1, r4
        beq  r1, r3, 1b         # somebody else has woken us
        ret

        .include "lib/console.s"
        .space 32
stack:
buffer: .space 128
