# Each privileged instruction and each kind of trap, once: what is between a label `at_NAME` and the label `to_NAME` is
# one step of the machine. `trapline bench --multiplication` counts what that takes under monitors on monitors. One
# character is to be typed at the beginning.

        .equ PC, 8              # of the trap vector

# to: the next trap comes to a label.
.macro to label
        adr  r1, \label
        sw   r1, PC(r0)
.endm

        .org 8
        .word to_svc, Mode.supervisor, 0, 0xffffffff
status: .word to_lpsw, Mode.supervisor, 0, 4096
user:   .word at_privileged, Mode.user, 0, 4096

start:  set  r4, 15             # a port without a device
at_rpsw:
        rpsw r3
to_rpsw:
at_rrel:
        rrel r2, r3
to_rrel:
at_lrel:
        lrel r2, r3
to_lrel:
at_rtim:
        rtim r3
to_rtim:
        set  r3, 100
at_stim:
        stim r3
to_stim:
        stim r0
at_rpnd:
        rpnd r3
to_rpnd:
at_in:  in   r3, r4
to_in:
at_out: out  r3, r4
to_out:
        set  r3, '.'
at_print:
        out  r3, r0
to_print:
at_setie:
        setie 0
to_setie:
at_idle:
        idle                    # the character is there
to_idle:
at_lpsw:
        lpsw status(r0)
to_lpsw:
at_svc: svc  1
to_svc:
        to   to_illegal
at_illegal:
        .word 0
to_illegal:
        to   to_memory
        set  r2, -1
at_memory:
        lw   r2, 0(r2)
to_memory:
        to   to_device
        setie 1
at_device:
        nop
to_device:
        set  r3, -1
at_cpnd:
        cpnd r3
to_cpnd:
        to   to_clock
        set  r3, 2
        stim r3
        setie 1
at_clock:
        nop
to_clock:
        stim r0
        to   to_privileged
        lpsw user(r0)
at_privileged:
        halt
to_privileged:
        set  r1, 0
        halt
