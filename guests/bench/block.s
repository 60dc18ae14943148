# Write a block to the disk and wait until it is there: a port for address, block and command, or with RINGED a ring for
# all of it (docs/devices.md, Rings).
#
# The checksum, in word 7 at the halt, is the number of words.

        .equ RINGED, 0
        .equ RESULT, 7
        .equ BLOCK, 128         # words
        .equ DISK_ADDRESS, 2    # ports
        .equ DISK_BLOCK, 3
        .equ DISK_COMMAND, 4
        .equ RINGS_DISK, 8
        .equ DISK_WRITE, 2

        .org 16
start:  la   r4, block
        set  r5, 1
        set  r6, DISK_WRITE
        .if RINGED
        sw   r6, request(r0)
        sw   r4, request + 1(r0)
        sw   r5, request + 2(r0)
        la   r2, ring
        sw   r5, 1(r2)          # one is given
        set  r3, RINGS_DISK
        out  r2, r3
        idle
        lw   r1, request + 3(r0)
        .else
        set  r3, DISK_ADDRESS
        out  r4, r3
        set  r3, DISK_BLOCK
        out  r5, r3
        set  r3, DISK_COMMAND
        out  r6, r3
        idle
        in   r1, r3             # the status: 0 is well
        .endif
        set  r2, BLOCK
        sw   r2, RESULT(r0)
        halt
ring:   .word 2, 0, 0, 0
request:
        .space 2 * 4
block:  .space BLOCK, 5
