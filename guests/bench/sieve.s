# Count the primes below LIMIT with the sieve of Eratosthenes, one word for each number, ROUNDS times.
#
# The checksum s of the kernels is in word 7 at the halt. Here s = 31 s + the number of primes, in each round.

        .equ LIMIT, 1000
        .equ ROUNDS, 2
        .equ RESULT, 7

        .org 8
        .word wrong, Mode.supervisor, 0, 0xffffffff

        .org 16
start:  li   r12, ROUNDS
        set  r13, 0             # s
1:      call sieve
        slli r2, r13, 5
        sub  r13, r2, r13
        add  r13, r13, r1
        addi r12, r12, -1
        bnez r12, 1b
        sw   r13, RESULT(r0)
        set  r1, 0
        halt
wrong:  set  r1, 1              # there is no trap in this program
        halt

# sieve: r1 = the number of primes below LIMIT. Numbers index `flags`, which lies low enough for an offset.
sieve:  li   r7, LIMIT
        set  r1, 1
        set  r2, 0
1:      sw   r1, flags(r2)
        addi r2, r2, 1
        bne  r2, r7, 1b

        set  r2, 2
        set  r3, 4              # the square of r2
2:      lw   r4, flags(r2)
        beqz r4, 4f             # not a prime
3:      sw   r0, flags(r3)
        add  r3, r3, r2
        bltu r3, r7, 3b
4:      addi r2, r2, 1
        mul  r3, r2, r2
        bltu r3, r7, 2b

        set  r1, 0
        set  r2, 2
5:      lw   r3, flags(r2)
        addi r2, r2, 1
        add  r1, r1, r3
        bne  r2, r7, 5b
        ret

flags:                          # LIMIT words: 1 if the number is prime
