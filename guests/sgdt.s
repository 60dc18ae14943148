# Notices a monitor on a machine whose relocation anyone can read. The supervisor and then a user program read base and
# bound without a trap and compare them with what the supervisor knows that it has loaded. Under a monitor they see
# where the virtual machine really lies.
#
# machine: g3_sgdt
# prints: supervisor: base 00000000
# prints: user: base 00000200
# prints: I am where I think I am
# exit: r1 = 0
# steps: 2000
# monitored: differs

        .include "lib/macros.s"
        .include "lib/traps.s"

        .equ SIZE, 64           # of the user's window

start:  la   sp, stack
        rrel r8, r9
        print "supervisor: base "
        mov  r1, r8
        call putx
        newline
        la   r1, back
        sw   r1, resume(r0)
        user window, window, SIZE, Mode.user
back:   print "user: base "
        mov  r1, r10
        call putx
        newline
        set  r1, window
        bne  r10, r1, moved
        bnez r8, moved
        print "I am where I think I am\n"
        set  r1, 0
        halt
moved:  print "I have been moved: somebody runs below me\n"
        set  r1, 1
        halt

        .include "lib/console.s"
        .space 32
stack:

        .org 0x200
window: rrel r10, r11
        svc  0
