# Take a trap of every kind, from user mode and from supervisor mode, and print what the machine stored: cause, info,
# mode, and how far the saved pc is from the instruction that was meant to trap.
#
# input: x
# prints: illegal user info 00000000 at +0
# prints: illegal supervisor info 00000000 at +0
# prints: privileged user info 8c000000 at +0
# prints: memory load user info 00000100 at +0
# prints: memory store user info 00000101 at +0
# prints: memory fetch user info 00000100 at +0
# prints: memory load supervisor info ffffffff at +0
# prints: memory fetch supervisor info 7fffffff at +0
# prints: memory return supervisor info 7ffffffe at +0
# prints: svc user info 00001234 at +0
# prints: svc supervisor info 00001234 at +0
# prints: device user info 00000001 at +0
# prints: clock user info 00000000 at +3
# prints: 13 traps
# exit: r1 = 0
# steps: 5000

        .include "lib/macros.s"
        .include "lib/traps.s"

        .equ SIZE, 256          # of the user's window

# expect TEXT, ADDRESS, BASE: print TEXT and note where the next trap should happen: at ADDRESS, which counts from 0,
# in a window that begins at BASE.
.macro expect text, address, base
        print \text
        li   r8, \address
        li   r9, \base
.endm

# supervised TEXT, LABEL: run the instruction at LABEL in supervisor mode, and report the trap.
.macro supervised text, label
        expect \text, \label, 0
        la   r1, back\@
        sw   r1, resume(r0)
        j    \label
back\@:  call report
.endm

# unprivileged TEXT, LABEL, PSW: run the instruction at LABEL, in the window, with this psw, and report the trap.
.macro unprivileged text, label, psw
        expect \text, \label, window
        la   r1, back\@
        sw   r1, resume(r0)
        user \label, window, SIZE, \psw
back\@:  call report
.endm

start:  la   sp, stack
        set  r10, -1
        li   r11, 0x7fffffff

        unprivileged "illegal", nothing, Mode.user
        supervised   "illegal", nothing
        unprivileged "privileged", stop, Mode.user
        unprivileged "memory load", load, Mode.user
        unprivileged "memory store", store, Mode.user
        unprivileged "memory fetch", window + SIZE, Mode.user
        supervised   "memory load", wild_load
        expect       "memory fetch", 0x7fffffff, 0
        la   r1, 1f
        sw   r1, resume(r0)
        jr   r11                # the jump itself is fine; the fetch of what follows is not
1:      call report
        supervised   "memory return", wild_return
        unprivileged "svc", service, Mode.user
        supervised   "svc", service

1:      rpnd r1                 # the input's one character is here long since, and so is its end
        beqz r1, 1b
        unprivileged "device", spin, Mode.user | INTERRUPTS
        cpnd r10

        expect       "clock", spin, window
        la   r1, 1f
        sw   r1, resume(r0)
        set  r1, 13             # twelve instructions are left: nine to get there and three of the user program
        stim r1
        user spin, window, SIZE, Mode.user | INTERRUPTS
1:      stim r0
        call report

        lw   r1, trapped(r0)
        call putd
        print " traps\n"
        set  r1, 0
        halt

# report: finish the line with what the trap has stored. r8 is where it should have happened, r9 the base there.
report: push ra
        lw   r1, SAVED_PSW(r0)
        andi r1, r1, Mode.user
        bnez r1, 1f
        print " supervisor info "
        j    2f
1:      print " user info "
2:      lw   r1, INFO(r0)
        call putx
        print " at +"
        lw   r1, SAVED_PC(r0)
        add  r1, r1, r9
        sub  r1, r1, r8
        call putd
        newline
        pop  ra
        ret

wild_load:
        lw   r3, 0(r10)
wild_return:
        lpsw -1(r11)

        .align 16
window:                         # what runs in user mode, and some of it in supervisor mode as well
nothing:
        .word 0                 # no instruction
stop:   halt
load:   lw   r3, SIZE(r0)
store:  sw   r3, SIZE + 1(r0)
service:
        svc  0x1234
spin:   nop
        nop
        nop
        nop
        j    spin

        .include "lib/console.s"
        .space 32
stack:
