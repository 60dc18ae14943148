# A user program calls the supervisor ROUNDS times; the handler counts the call and returns.
#
# The checksum, in word 7 at the halt, is the number of calls.

        .equ ROUNDS, 100
        .equ RESULT, 7

        .equ SAVED_PC, 0        # what a trap stores
        .equ INFO, 5
        .equ SCRATCH, 6
        .equ COUNT_IT, 0        # system calls
        .equ LEAVE, 1

        .org 8
        .word handler, Mode.supervisor, 0, 0xffffffff

        .org 16
start:  sw   r0, RESULT(r0)
        lpsw status(r0)
status: .word user, Mode.user, 0, 0xffffffff

handler:
        sw   r1, SCRATCH(r0)
        lw   r1, INFO(r0)
        bnez r1, leave
        lw   r1, RESULT(r0)
        addi r1, r1, 1
        sw   r1, RESULT(r0)
        lw   r1, SAVED_PC(r0)
        addi r1, r1, 1
        sw   r1, SAVED_PC(r0)
        lw   r1, SCRATCH(r0)
        lpsw SAVED_PC(r0)
leave:  set  r1, 0
        halt

user:   li   r8, ROUNDS
1:      svc  COUNT_IT
        addi r8, r8, -1
        bnez r8, 1b
        svc  LEAVE
