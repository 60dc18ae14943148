# Execute every instruction of the machine at least once and check what it did, corner cases included. A failure is
# reported with the number of its check; the exit code is the number of failures.
#
# input: x
# prints: selftest: 87 checks, 0 failures
# exit: r1 = 0
# steps: 5000

        .include "lib/macros.s"
        .include "lib/traps.s"

        .equ USER_SIZE, 64      # of the window in which the user part runs

# is VALUE: the next check. r1 must be equal to VALUE. The number of checks is in r10, that of failures in r11.
.macro is value
        li   r2, \value
        call compare
.endm

# traps CAUSE, INFO: the next two checks. The last trap must have had this cause and info.
.macro traps cause, info
        lw   r1, CAUSE(r0)
        is   \cause
        lw   r1, INFO(r0)
        is   \info
.endm

# then LABEL: where to go on after the next trap.
.macro then label
        la   r1, \label
        sw   r1, resume(r0)
.endm

start:  la   sp, stack
        set  r10, 0
        set  r11, 0
        li   r8, 0x80000007     # negative, odd, with both ends set
        set  r9, -3

# Constants and addresses
        lui  r1, 0xabcd
        is   0xabcd0000
        li   r1, 0x12345678
        is   0x12345678
        set  r0, 5              # a write to r0 is lost
        mov  r1, r0
        is   0
        adr  r1, here           # one instruction before `here`
here:   is   here
        call forward            # ra holds the address behind the call
forward:
        mov  r1, ra
        is   forward

# Arithmetic. r8 = -2147483641, r9 = -3
        add  r1, r8, r8         # wraps
        is   14
        addi r1, r8, -8
        is   0x7fffffff
        sub  r1, r9, r8
        is   0x7ffffff6
        mul  r1, r8, r9
        is   0x7fffffeb
        divu r1, r8, r9         # an unsigned number by a larger one
        is   0
        divs r1, r8, r9
        is   0x2aaaaaa8         # truncated towards zero
        set  r3, 7
        set  r4, -7
        divs r1, r4, r3
        is   -1
        set  r3, 2
        divs r1, r4, r3         # -3, not -4
        is   -3
        rems r1, r4, r3         # the sign of the dividend
        is   -1
        divu r1, r4, r3
        is   0x7ffffffc
        remu r1, r4, r3
        is   1
        remu r1, r8, r9
        is   0x80000007
        divu r1, r8, r0         # by zero
        is   -1
        divs r1, r8, r0
        is   -1
        remu r1, r8, r0
        is   0x80000007
        rems r1, r8, r0
        is   0x80000007
        li   r3, 0x80000000     # the one quotient that does not fit
        set  r4, -1
        divs r1, r3, r4
        is   0x80000000
        rems r1, r3, r4
        is   0

# Logic. r3 = 0xff00ff00, r4 = 0x0ff00ff0
        li   r3, 0xff00ff00
        li   r4, 0x0ff00ff0
        and  r1, r3, r4
        is   0x0f000f00
        or   r1, r3, r4
        is   0xfff0fff0
        xor  r1, r3, r4
        is   0xf0f0f0f0
        nor  r1, r3, r4
        is   0x000f000f
        andi r1, r3, 0xf0f0     # constants of logic are not extended with a sign
        is   0xf000
        ori  r1, r3, 0xf00f
        is   0xff00ff0f
        xori r1, r3, 0xffff
        is   0xff0000ff

# Shifts
        set  r3, 4
        set  r5, 32
        sll  r1, r8, r3
        is   0x70
        srl  r1, r8, r3
        is   0x08000000
        sra  r1, r8, r3
        is   0xf8000000
        sll  r1, r8, r5         # by the width and more
        is   0
        srl  r1, r8, r5
        is   0
        sra  r1, r8, r5
        is   -1
        sra  r1, r8, r9         # the amount is unsigned: -3 is a large one
        is   -1
        slli r1, r8, 31
        is   0x80000000
        srli r1, r8, 31
        is   1
        srai r1, r8, 31
        is   -1

# Comparisons
        slt  r1, r8, r9
        is   1
        slt  r1, r9, r8
        is   0
        slt  r1, r9, r0
        is   1
        sltu r1, r9, r0
        is   0
        sltu r1, r0, r9
        is   1
        sltu r1, r9, r9
        is   0
        slti r1, r9, -2
        is   1
        slti r1, r9, -3
        is   0
        sltiu r1, r9, -2        # the constant is extended with its sign, then compared without
        is   1
        sltiu r1, r9, 5
        is   0

# Storage
        la   r3, word
        lw   r1, 0(r3)
        is   0x5a5a5a5a
        sw   r9, 1(r3)
        lw   r1, 1(r3)
        is   -3
        addi r4, r3, 2
        lw   r1, -2(r4)
        is   0x5a5a5a5a

# Branches: each is tried where it must be taken and where it must not. r3 counts the right decisions.
        set  r3, 0
        beq  r9, r9, 1f
        addi r3, r3, -64
1:      beq  r8, r9, 2f
        addi r3, r3, 1
2:      bne  r8, r9, 1f
        addi r3, r3, -64
1:      bne  r9, r9, 2f
        addi r3, r3, 1
2:      blt  r9, r0, 1f         # -3 < 0
        addi r3, r3, -64
1:      blt  r0, r9, 2f
        addi r3, r3, 1
2:      bge  r0, r9, 1f
        addi r3, r3, -64
1:      bge  r9, r0, 2f
        addi r3, r3, 1
2:      bltu r0, r9, 1f         # 0 < 2^32 - 3
        addi r3, r3, -64
1:      bltu r9, r0, 2f
        addi r3, r3, 1
2:      bgeu r9, r0, 1f
        addi r3, r3, -64
1:      bgeu r0, r9, 2f
        addi r3, r3, 1
2:      mov  r1, r3
        is   6
        set  r3, 5              # backwards
        set  r1, 0
1:      add  r1, r1, r3
        addi r3, r3, -1
        bnez r3, 1b
        is   15

# Jumps
        la   r3, over - 4
        jalr r4, 4(r3)
behind: halt                    # never reached
over:   mov  r1, r4
        is   behind
        la   r3, same           # the target is read before the link is written
        jalr r3, 0(r3)
same:   mov  r1, r3
        is   same

# The supervisor's registers
        rpsw r1
        is   Mode.supervisor
        set  r3, 0
        set  r4, 1000
        stim r4                 # no trap: interrupts are off
        nop
        nop
        rtim r1                 # two steps later it has counted twice
        is   998
        stim r0
        rtim r1
        is   0
        set  r4, -1             # if a device calls (the console, when there is input), it can be silenced
        cpnd r4
        set  r1, 1
        rpnd r1
        is   0
        set  r4, 15             # a port where nothing is attached
        out  r9, r4
        set  r1, 1
        in   r1, r4
        is   0
        rrel r3, r4             # a stricter bound, and back again
        mov  r1, r3
        is   0
        set  r5, 0x7ff
        lrel r3, r5
        rrel r6, r1
        lrel r3, r4
        is   0x7ff

# The clock: held at 1 while interrupts are off, a trap at the first step with interrupts on
        set  r4, 20
        stim r4
        idle                    # waits
        rtim r1
        is   1
        idle                    # falls through: the clock wants attention
        then 1f
        setie 1
late:   halt                    # never executed
1:      stim r0
        traps Cause.clock, 0
        lw   r1, SAVED_PC(r0)
        is   late
        lw   r1, SAVED_PSW(r0)
        is   INTERRUPTS
        rpsw r1                 # the trap has switched them off
        is   0
        setie 1
        rpsw r1
        setie 0
        is   INTERRUPTS

# stim n leaves n - 1 instructions
        then 1f
        set  r3, 0
        set  r4, 6
        setie 1
        stim r4
        addi r3, r3, 1
        addi r3, r3, 1
        addi r3, r3, 1
        addi r3, r3, 1
        addi r3, r3, 1
        addi r3, r3, 1
        addi r3, r3, 1
1:      stim r0
        mov  r1, r3
        is   5

# svc and the word that is no instruction, from the supervisor
        then 1f
        svc  0xbeef
1:      traps Cause.svc, 0xbeef
        then 1f
nothing:
        .word 0
1:      traps Cause.illegal, 0
        lw   r1, SAVED_PC(r0)
        is   nothing

# A user program in a window of its own: lpsw, a relocated load and store, and a bound that holds
        then 1f
        user window, window, USER_SIZE, Mode.user
1:      traps Cause.svc, 77
        lw   r1, SAVED_PSW(r0)
        is   Mode.user
        lw   r1, SAVED_BASE(r0)
        is   window
        lw   r1, SAVED_BOUND(r0)
        is   USER_SIZE
        mov  r1, r3
        is   0x77
        la   r3, written
        lw   r1, 0(r3)
        is   0x78
        then 1f
        user beyond, window, USER_SIZE, Mode.user
1:      traps Cause.memory, USER_SIZE
        lw   r1, trapped(r0)
        is   6

        print "selftest: "
        mov  r1, r10
        call putd
        print " checks, "
        mov  r1, r11
        call putd
        print " failures\n"
        mov  r1, r11
        halt

# compare: count a check; if r1 is not r2, count and report a failure.
compare:
        addi r10, r10, 1
        beq  r1, r2, 1f
        addi r11, r11, 1
        push ra
        push r1
        push r3
        push r4
        push r1
        print "check "
        mov  r1, r10
        call putd
        print " failed: "
        pop  r1
        call putx
        newline
        pop  r4
        pop  r3
        pop  r1
        pop  ra
1:      ret

word:   .word 0x5a5a5a5a, 0

        .align 16
window: lw   r3, given - window(r0)
        addi r4, r3, 1
        sw   r4, written - window(r0)
        svc  77
beyond: sw   r3, USER_SIZE(r0)
given:  .word 0x77
written:
        .word 0

        .include "lib/console.s"
        .space 32
stack:
