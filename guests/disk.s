# Write BLOCKS blocks to the disk, read them back in the opposite order and compare; then ask for what the disk refuses.
#
# disk: 4
# prints: 4 blocks written and read back
# prints: bad block 2
# prints: bad address 3
# prints: bad command 4
# exit: r1 = 0
# steps: 40000

        .include "lib/macros.s"

        .equ BLOCKS, 4
        .equ WORDS, 128         # in a block
        .equ ADDRESS, 2         # the disk's ports
        .equ BLOCK, 3
        .equ COMMAND, 4         # also the status
        .equ READ, 1
        .equ WRITE, 2
        .equ BUSY, 1

        .org 16
start:  la   sp, stack
        set  r8, 0              # the block
1:      call fill
        mov  r1, r8
        set  r2, WRITE
        call transfer
        bnez r1, failed
        addi r8, r8, 1
        set  r2, BLOCKS
        blt  r8, r2, 1b

2:      addi r8, r8, -1
        mov  r1, r8
        set  r2, READ
        call transfer
        bnez r1, failed
        call check
        bnez r1, failed
        bnez r8, 2b
        set  r1, BLOCKS
        call putd
        print " blocks written and read back\n"

        print "bad block "
        set  r2, BLOCK
        in   r1, r2             # how many there are, which is the first number that is too large
        set  r2, READ
        call transfer
        call answer
        print "bad address "
        li   r3, 0xffffff80     # with 128 words it ends beyond what any storage has
        set  r1, 0
        set  r2, READ
        call transfer_at
        call answer
        print "bad command "
        set  r1, 0
        set  r2, 7
        call transfer
        call answer
        set  r1, 0
        halt

failed: print "the disk fails\n"
        set  r1, 1
        halt

# answer: print r1 and end the line.
answer: push ra
        call putd
        newline
        pop  ra
        ret

# transfer: command r2 for block r1 and the buffer, or the words at r3; r1 is the status when it is done.
transfer:
        la   r3, buffer
transfer_at:
        set  r4, ADDRESS
        out  r3, r4
        set  r4, BLOCK
        out  r1, r4
        set  r4, COMMAND
        out  r2, r4
        set  r3, BUSY
1:      idle
        rpnd r1
        cpnd r1
        in   r1, r4
        beq  r1, r3, 1b         # somebody else has woken us
        ret

# fill: word n of the buffer becomes 1000 times the block r8, and n.
fill:   set  r1, 1000
        mul  r1, r1, r8
        la   r2, buffer
        addi r3, r2, WORDS
1:      sw   r1, 0(r2)
        addi r1, r1, 1
        addi r2, r2, 1
        bne  r2, r3, 1b
        ret

# check: r1 = 0 if the buffer is as `fill` makes it. Leaves the buffer empty.
check:  set  r1, 1000
        mul  r4, r1, r8
        set  r1, 0
        la   r2, buffer
        addi r3, r2, WORDS
1:      lw   r5, 0(r2)
        sw   r0, 0(r2)
        xor  r5, r5, r4
        or   r1, r1, r5
        addi r4, r4, 1
        addi r2, r2, 1
        bne  r2, r3, 1b
        ret

        .include "lib/console.s"
        .space 32
stack:
buffer: .space WORDS
