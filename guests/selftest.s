# Execute every instruction of the machine at least once and check what it did, corner cases included. A failure is
# reported with the number of its check; the exit code is the number of failures.
#
# input: x
# prints: selftest: 213 checks, 0 failures
# exit: r1 = 0
# steps: 5000

        .include "lib/macros.s"
        .include "lib/traps.s"

        .equ USER_SIZE, 64      # of the window in which the user part runs
        .equ BOUND, 0xfff       # above all of this program, below the end of storage

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
        rrel r12, r13           # before any trap the bound is the size of storage
        set  r10, 0
        set  r11, 0
        li   r8, 0x80000007     # negative, odd, with both ends set
        set  r9, -3

        .include "selftest/compute.s"
        .include "selftest/control.s"
        .include "selftest/system.s"
        .include "selftest/relocation.s"

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

        .include "lib/console.s"
        .space 32
stack:
