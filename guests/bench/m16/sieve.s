# Count the primes below LIMIT with the sieve of Eratosthenes, one word for each number, ROUNDS times. LIMIT is at most
# 16384, ROUNDS below 65536.
#
# machine: ../m16.isa
#
# The checksum s of the kernels is in word 7 at the halt. Here s = 31 s + the number of primes, in each round.

        .equ LIMIT, 1000
        .equ ROUNDS, 2
        .equ LEFT, 5            # rounds that are left
        .equ SQUARE, 6          # of the number that is looked at
        .equ RESULT, 7

        .org 32
start:  word g0, ROUNDS
        keep LEFT, g0
        put  g0, 0
        keep RESULT, g0

round:  word g0, flags
        word g1, flags + LIMIT
        put  g2, 1
1:      stow g0[0], g2
        bump g0, 1
        same g0, g1
        else 1b

        put  g0, 4
        keep SQUARE, g0
        put  g0, 2
2:      word g1, flags
        plus g1, g0
        get  g1, g1[0]
        is   g1, 0
        then 4f                 # not a prime
        find g1, SQUARE
        word g2, flags
        plus g1, g2
        word g3, flags + LIMIT
        put  g2, 0
3:      stow g1[0], g2
        plus g1, g0
        below g1, g3
        then 3b
4:      find g1, SQUARE         # (n + 1)^2 = n^2 + 2n + 1
        plus g1, g0
        plus g1, g0
        bump g1, 1
        keep SQUARE, g1
        bump g0, 1
        word g2, LIMIT
        below g1, g2
        then 2b

        put  g1, 0
        word g0, flags + 2
        word g3, flags + LIMIT
5:      get  g2, g0[0]
        bump g0, 1
        plus g1, g2
        same g0, g3
        else 5b

        find g0, RESULT         # 31 s = 32 s - s
        copy g2, g0
        .rept 5
        plus g2, g2
        .endr
        minus g2, g0
        plus g2, g1
        keep RESULT, g2
        find g0, LEFT
        bump g0, -1
        keep LEFT, g0
        is   g0, 0
        else round
        put  g1, 0
        stop

flags:                          # LIMIT words: 1 if the number is prime
