# Process 5: ask the kernel for what it must refuse, then reach beyond the window and be killed for it.
rogue:  set  r1, WINDOW - 1
        set  r2, 2              # one word too many
        svc  WRITE
        set  r2, -1
        bne  r1, r2, rogue_fooled
        li   r1, 0xffffffff     # an address and a length whose sum wraps
        set  r2, 2
        svc  READ
        set  r2, -1
        bne  r1, r2, rogue_fooled
        say  "rogue: refused twice, now by force"
        set  r1, WINDOW
        sw   r1, 0(r1)
        say  "rogue: still here"
        leave 1
rogue_fooled:
        say  "rogue: the kernel was fooled"
        leave 2
