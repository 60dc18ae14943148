# CRC-32, bit by bit, of LENGTH pseudo-random bytes, one to a word, ROUNDS times on from the remainder before.
#
# The checksum, in word 7 at the halt, is the last remainder.

        .equ LENGTH, 64
        .equ ROUNDS, 2
        .equ SEED, 12345
        .equ POLYNOMIAL, 0xedb88320
        .equ RESULT, 7

        .org 8
        .word wrong, Mode.supervisor, 0, 0xffffffff

        .org 16
start:  call fill
        li   r12, ROUNDS
        set  r1, -1
1:      call crc
        addi r12, r12, -1
        bnez r12, 1b
        sw   r1, RESULT(r0)
        set  r1, 0
        halt
wrong:  set  r1, 1              # there is no trap in this program
        halt

# fill: LENGTH pseudo-random bytes into `bytes`.
fill:   li   r1, SEED
        la   r2, bytes
        la   r3, bytes + LENGTH
1:      slli r4, r1, 13
        xor  r1, r1, r4
        srli r4, r1, 17
        xor  r1, r1, r4
        slli r4, r1, 5
        xor  r1, r1, r4
        andi r4, r1, 0xff
        sw   r4, 0(r2)
        addi r2, r2, 1
        bne  r2, r3, 1b
        ret

# crc: r1 = the remainder r1 after all bytes.
crc:    la   r2, bytes
        la   r3, bytes + LENGTH
        li   r4, POLYNOMIAL
1:      lw   r5, 0(r2)
        xor  r1, r1, r5
        set  r5, 8
2:      andi r6, r1, 1
        neg  r6, r6
        and  r6, r6, r4         # the polynomial if the bit that leaves is 1
        srli r1, r1, 1
        xor  r1, r1, r6
        addi r5, r5, -1
        bnez r5, 2b
        addi r2, r2, 1
        bne  r2, r3, 1b
        ret

bytes:                          # LENGTH words
