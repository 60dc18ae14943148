# A user program calls the supervisor ROUNDS times; the handler counts the call and returns. ROUNDS is at most 65535 times
# 1,000, and a multiple of 10.
#
# machine: ../m16.isa
#
# The checksum, in word 7 at the halt, is the number of calls.

        .equ ROUNDS, 100
        .equ COUNT_IT, 0        # services
        .equ LEAVE, 1
        .equ INFO, 0            # what a trap stores
        .equ LENGTH, 1
        .equ ORIGIN, 2
        .equ STATUS, 3
        .equ SAVED_IP, 4
        .equ SCRATCH, 5
        .equ RESULT, 7

        .org 8 + Why.ask
        .word handler

        .org 32
start:  put  g0, 0
        keep RESULT, g0
        keep ORIGIN, g0
        keep STATUS, g0
        word g0, 0x7fff
        keep LENGTH, g0
        word g0, user
        keep SAVED_IP, g0
        leave

handler:
        keep SCRATCH, g0
        find g0, INFO
        is   g0, COUNT_IT
        else done
        find g0, RESULT
        bump g0, 1
        keep RESULT, g0
        find g0, SAVED_IP
        bump g0, 1
        keep SAVED_IP, g0
        find g0, SCRATCH
        leave
done:   put  g1, 0
        stop

user:   word g1, ROUNDS / INNER
1:      word g2, INNER
2:      ask  COUNT_IT
        bump g2, -1
        is   g2, 0
        else 2b
        bump g1, -1
        is   g1, 0
        else 1b
        ask  LEAVE

        .equ INNER, 10 + (ROUNDS > 1000) * 990
