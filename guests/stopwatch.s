# Measure with the timer how many instructions things take: by a monitor's time the privileged ones would be slow, by
# the guest's own time every instruction takes one step.
#
# prints: nothing: 0
# prints: ten additions: 10
# prints: ten privileged instructions: 10
# prints: a system call and its return: 5
# prints: a loop of a hundred turns: 200
# exit: r1 = 0
# steps: 20000

        .include "lib/macros.s"
        .include "lib/traps.s"

        .equ LONG, 1000000      # the timer never runs down, and interrupts are off anyway

# begin, end: how much the timer loses between them. A step that traps does nothing else, so it costs nothing here.
.macro begin
        li   r9, LONG
        stim r9
.endm
.macro end
        rtim r8
        sub  r1, r9, r8
        call putd
        newline
.endm

start:  la   sp, stack
        print "nothing: "
        begin
        end

        print "ten additions: "
        begin
        add  r2, r2, r2
        add  r2, r2, r2
        add  r2, r2, r2
        add  r2, r2, r2
        add  r2, r2, r2
        add  r2, r2, r2
        add  r2, r2, r2
        add  r2, r2, r2
        add  r2, r2, r2
        add  r2, r2, r2
        end

        print "ten privileged instructions: "
        begin
        rpsw r2
        rpnd r2
        rrel r2, r3
        rpsw r2
        rpnd r2
        rrel r2, r3
        rpsw r2
        rpnd r2
        rrel r2, r3
        rpsw r2
        end

        la   r1, 1f
        sw   r1, resume(r0)
        print "a system call and its return: "
        begin
        svc  0
1:      end

        print "a loop of a hundred turns: "
        set  r2, 100
        begin
2:      addi r2, r2, -1
        bnez r2, 2b
        end
        set  r1, 0
        halt

        .include "lib/console.s"
        .space 32
stack:
