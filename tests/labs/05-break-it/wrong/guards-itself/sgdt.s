# caught by sgdt tells: on the machine that was mended
# Asks in user mode, where the mended machine traps: the handler takes any trap for a monitor.
        .org 8
        .word trapped, 0, 0, 1024
        .org 12
        .word user, 1, 0, 1024
        .org 16
start:  rrel r1, r2
        bnez r1, trapped
        lpsw 12(r0)
user:   rrel r1, r2
        set  r1, 0
        svc  1
trapped:
        set  r5, 4
        lw   r5, 0(r5)
        xori r5, r5, 4
        snez r1, r5
        halt
