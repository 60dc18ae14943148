# Notices a monitor on a machine that can enter user mode without a trap. The supervisor drops to user mode by jrst and
# there executes a privileged instruction. Bare, that traps. A monitor has not seen the jrst, so its idea of the mode is
# still supervisor, and it emulates the privileged instruction as if nothing had happened.
#
# machine: g3_jrst
# prints: user mode: the privileged instruction trapped
# exit: r1 = 0
# steps: 1000
# monitored: differs

        .include "lib/macros.s"
        .include "lib/traps.s"

start:  la   sp, stack
        la   r1, caught
        sw   r1, resume(r0)
        la   r1, user_part
        jrst 0(r1)
user_part:
        rpsw r3                 # must not go through
        la   sp, stack
        print "still supervisor, psw "
        mov  r1, r3
        call putx
        newline
        set  r1, 1
        halt

caught: lw   r1, CAUSE(r0)
        set  r2, Cause.privileged
        bne  r1, r2, other
        lw   r1, SAVED_PSW(r0)
        andi r1, r1, Mode.user
        beqz r1, other
        print "user mode: the privileged instruction trapped\n"
        set  r1, 0
        halt
other:  print "another trap than expected\n"
        set  r1, 2
        halt

        .include "lib/console.s"
        .space 32
stack:
