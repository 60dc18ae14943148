# Print SIZE characters: a port for each of them, or with RINGED a ring for all of them (docs/devices.md, Rings).
#
# The checksum, in word 7 at the halt, is the number of characters.

        .equ RINGED, 0
        .equ SIZE, 1024
        .equ RESULT, 7
        .equ RINGS_OUTPUT, 6    # a port
        .equ GIVEN, 1           # words of a ring
        .equ SLOTS, 4

        .org 16
start:  set  r8, 0
        set  r9, SIZE
        set  r1, 'x'
1:      .if RINGED
        la   r2, ring
        add  r2, r2, r8
        sw   r1, SLOTS(r2)
        .else
        out  r1, r0             # port 0 is the console
        .endif
        addi r8, r8, 1
        bne  r8, r9, 1b
        .if RINGED
        la   r2, ring
        sw   r8, GIVEN(r2)
        set  r3, RINGS_OUTPUT
        out  r2, r3
        .endif
        sw   r8, RESULT(r0)
        set  r1, 0
        halt
ring:   .word SIZE + 1, 0, 0, 0
        .space SIZE + 1
