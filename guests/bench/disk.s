# Move all blocks of a disk, ROUNDS times, SCATTER blocks apart: one after the other by the disk's ports, or with QUEUED
# eight at a time through its queue (docs/devices.md, Disk and Queue). The disk has BLOCKS blocks at least.
#
# The checksum, in word 7 at the halt, is the number of blocks moved.

        .equ QUEUED, 1
        .equ ROUNDS, 1
        .equ BLOCKS, 64         # a power of two
        .equ SCATTER, 1         # odd
        .equ COMMAND, 1         # 1 reads, 2 writes
        .equ RESULT, 7
        .equ WORDS, 128         # in a block
        .equ DISK_ADDRESS, 2    # ports
        .equ DISK_BLOCK, 3
        .equ DISK_COMMAND, 4
        .equ QUEUE, 15
        .equ BUSY, 1            # a status
        .equ NOTHING, 255       # that of a request that is not in use
        .equ MOST, 8            # requests
        .equ SLOTS, 16          # of the ring, a power of two
        .equ SIZE, 6            # words of a request

        .org 16
start:  li   r9, ROUNDS * BLOCKS
        set  r10, 0             # how many were asked for
        set  r11, 0             # and how many of them are done
        .if QUEUED
again:  set  r12, requests
        set  r5, MOST
1:      lw   r1, 3(r12)
        addi r2, r1, -BUSY
        beqz r2, 3f
        addi r2, r1, -NOTHING
        beqz r2, 2f
        bnez r1, failed
        addi r11, r11, 1
        set  r1, NOTHING
        sw   r1, 3(r12)
2:      beq  r10, r9, 3f
        set  r1, SCATTER
        mul  r1, r1, r10
        andi r1, r1, BLOCKS - 1
        sw   r1, 1(r12)
        set  r1, BUSY
        sw   r1, 3(r12)
        lw   r3, ring + 1(r0)
        sw   r12, ring + 4(r3)
        addi r3, r3, 1
        andi r3, r3, SLOTS - 1
        sw   r3, ring + 1(r0)
        addi r10, r10, 1
3:      addi r12, r12, SIZE
        addi r5, r5, -1
        bnez r5, 1b
        beq  r11, r9, done
        set  r1, ring
        set  r2, QUEUE
        out  r1, r2
        idle
        rpnd r1
        cpnd r1
        j    again
        .else
        set  r1, buffers
        set  r2, DISK_ADDRESS
        out  r1, r2
        set  r6, COMMAND
        set  r4, DISK_COMMAND
        set  r8, BUSY
again:  set  r1, SCATTER
        mul  r1, r1, r11
        andi r1, r1, BLOCKS - 1
        set  r2, DISK_BLOCK
        out  r1, r2
        out  r6, r4
1:      idle
        rpnd r1
        cpnd r1
        in   r1, r4
        beq  r1, r8, 1b
        bnez r1, failed
        addi r11, r11, 1
        bne  r11, r9, again
        .endif
done:   sw   r11, RESULT(r0)
        set  r1, 0
        halt
failed: set  r1, 1
        halt

ring:   .word SLOTS, 0, 0, 0
        .space SLOTS
.macro request to
        .word COMMAND, 0, 1, NOTHING, \to, WORDS
.endm
requests:
        request buffers
        request buffers + WORDS
        request buffers + WORDS * 2
        request buffers + WORDS * 3
        request buffers + WORDS * 4
        request buffers + WORDS * 5
        request buffers + WORDS * 6
        request buffers + WORDS * 7
buffers:
        .space WORDS * MOST, 5
