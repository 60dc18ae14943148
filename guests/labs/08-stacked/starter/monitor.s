# Put your monitor.s of the lab before in place of this file; what changes is `idle`. Until then it includes what is
# given, and knows no instruction but `halt`.

        .include "skeleton.s"

relocate:
        lw   r1, vm + VM_WINDOW(r0)
        lw   r2, vm + VM_SIZE(r0)
        ret

privileged:
        lui  r1, 0x8c00
        beq  r1, r9, do_halt
        j    panic
