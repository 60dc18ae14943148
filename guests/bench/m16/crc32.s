# A remainder of polynomials, bit by bit, of LENGTH pseudo-random bytes, one to a word, ROUNDS times on from the remainder
# before: what `crc32` does, with words of 16 bits. LENGTH is at most 16384, ROUNDS below 65536.
#
# machine: ../m16.isa
#
# The checksum, in word 7 at the halt, is the last remainder.

        .equ LENGTH, 64
        .equ ROUNDS, 2
        .equ SEED, 12345
        .equ POLYNOMIAL, 0x8320
        .equ LEFT, 5            # rounds that are left
        .equ AT, 6              # the next byte
        .equ RESULT, 7

        .org 32
start:  word g0, SEED
        word g3, bytes
1:      copy g1, g0             # xorshift; by 17 to the right nothing is left
        .rept 13
        plus g1, g1
        .endr
        flip g0, g1
        copy g1, g0
        .rept 5
        plus g1, g1
        .endr
        flip g0, g1
        copy g1, g0
        word g2, 0xff
        mask g1, g2
        stow g3[0], g1
        bump g3, 1
        word g1, bytes + LENGTH
        same g3, g1
        else 1b

        word g0, ROUNDS
        keep LEFT, g0
        put  g0, -1
        word g3, POLYNOMIAL
round:  word g1, bytes
        keep AT, g1
2:      find g1, AT
        get  g1, g1[0]
        flip g0, g1
        put  g2, 1
        .rept 8
        copy g1, g0
        mask g1, g2
        bump g1, -1             # all ones if the bit that leaves is 0
        mask g1, g3
        flip g1, g3             # the polynomial if it is 1
        shift g0, g2
        flip g0, g1
        .endr
        find g1, AT
        bump g1, 1
        keep AT, g1
        word g2, bytes + LENGTH
        same g1, g2
        else 2b
        find g1, LEFT
        bump g1, -1
        keep LEFT, g1
        is   g1, 0
        else round
        keep RESULT, g0
        put  g1, 0
        stop

bytes:                          # LENGTH words
