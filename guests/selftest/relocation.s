# The self-test's last part: relocation and what users may not do. r13 is the size of storage.

# Reading and loading the relocation. What a trap loads has the largest bound there is.
        rrel r3, r4
        mov  r1, r3
        is   0
        mov  r1, r4
        is   -1
        set  r4, BOUND
        lrel r0, r4
        rrel r5, r1
        is   BOUND

        then 1f
        set  r3, 8              # a new base: what is fetched next lies eight words on
        set  r4, -1
        lrel r3, r4
        svc  6                  # skipped
        .space 7
        svc  7
1:      traps Cause.svc, 7
        lw   r1, SAVED_BASE(r0)
        is   8

        then 1f                 # read it where it is not 0
        set  r3, 0
        user reading_relocation, window, USER_SIZE, Mode.supervisor
1:      mov  r1, r3
        is   window
        mov  r1, r4
        is   USER_SIZE

# A user program in a window: a relocated load and store, and what the trap keeps of it
        then 1f
        user window, window, USER_SIZE, Mode.user
1:      traps Cause.svc, 77
        lw   r1, SAVED_PSW(r0)
        is   Mode.user
        lw   r1, SAVED_BASE(r0)
        is   window
        lw   r1, SAVED_BOUND(r0)
        is   USER_SIZE
        lw   r1, SAVED_PC(r0)
        is   calling - window
        la   r3, given
        lw   r1, 1(r3)
        is   0x78

# edges LABEL: try an access at r5 at both edges of what is allowed: the bound's, and that of storage.
.macro edges label
        set  r5, USER_SIZE - 1
        try  \label, USER_SIZE, Cause.svc
        set  r5, USER_SIZE
        try  \label, USER_SIZE, Cause.memory
        set  r5, -1
        try  \label, USER_SIZE, Cause.memory
        addi r5, r13, -1 - window
        try  \label, -1, Cause.svc
        addi r5, r13, -window
        try  \label, -1, Cause.memory
        set  r5, -window        # this would wrap to word 0
        try  \label, -1, Cause.memory
.endm

# try LABEL, BOUND, CAUSE: run a user program in a window with this bound. The next two checks: the trap has this cause,
# and r5 as its info, in which svc is made to agree.
.macro try label, bound, cause
        then back\@
        user \label, window, \bound, Mode.user
back\@:  lw   r1, CAUSE(r0)
        is   \cause
        lw   r1, INFO(r0)
        set  r2, Cause.svc - \cause
        bnez r2, info\@
        mov  r1, r5
info\@:  mov  r2, r5
        call compare
.endm

        edges loading
        edges storing
        addi r5, r13, -window   # a jump beyond storage: the jump is fine, the fetch is not
        try  jumping, -1, Cause.memory
        lw   r1, SAVED_PC(r0)
        mov  r2, r5
        call compare
        then 1f                 # a base beyond storage: no fetch at all
        sw   r0, 12(r0)
        sw   r0, 13(r0)
        sw   r13, 14(r0)
        sw   r13, 15(r0)
        lpsw 12(r0)
1:      traps Cause.memory, 0

# lpsw at both edges: of its four words, the first that is out of reach traps.
        set  r6, 1
        set  r4, BOUND
1:      then 2f
        addi r5, r6, BOUND - 4
        lrel r0, r4
        lpsw 0(r5)
2:      traps Cause.memory, BOUND
        then 3f
        add  r5, r13, r6
        lpsw -4(r5)
3:      lw   r1, CAUSE(r0)
        is   Cause.memory
        lw   r1, INFO(r0)
        mov  r2, r13
        call compare
        addi r6, r6, 1
        slti r1, r6, 5
        bnez r1, 1b
        addi r5, r13, -window   # relocated, at the edge of storage
        then 1f
        user returning, window, -1, Mode.supervisor
1:      lw   r1, INFO(r0)
        mov  r2, r5
        call compare
        li   r5, 0x80000000
        then 1f
        lpsw 0(r5)
1:      traps Cause.memory, 0x80000000
        la   r1, landing        # the last four words of storage
        sw   r1, -4(r13)
        set  r1, Mode.supervisor
        sw   r1, -3(r13)
        sw   r0, -2(r13)
        sw   r13, -1(r13)
        set  r5, 0
        lpsw -4(r13)
        addi r5, r5, 1          # not reached
landing:
        rrel r3, r1
        sub  r1, r1, r13
        add  r1, r1, r5
        is   0

# Every privileged instruction, in user mode: it traps with itself as the info, and the pc stands at it
        la   r6, forbidden
1:      then 2f
        lw   r4, 0(r6)
        addi r5, r6, -window
        sw   r5, 12(r0)
        set  r1, Mode.user
        sw   r1, 13(r0)
        set  r1, window
        sw   r1, 14(r0)
        set  r1, USER_SIZE
        sw   r1, 15(r0)
        lpsw 12(r0)
2:      lw   r1, CAUSE(r0)
        is   Cause.privileged
        lw   r1, INFO(r0)
        mov  r2, r4
        call compare
        lw   r1, SAVED_PC(r0)
        mov  r2, r5
        call compare
        addi r6, r6, 1
        la   r1, forbidden_end
        blt  r6, r1, 1b
        j    relocation_done

        .align 16
window: lw   r3, given - window(r0)
        addi r4, r3, 1
        sw   r4, given - window + 1(r0)
calling:
        svc  77
given:  .word 0x77, 0
loading:
        lw   r3, 0(r5)
        svc  1
storing:
        sw   r0, 0(r5)
        svc  1
jumping:
        jr   r5
returning:
        lpsw 0(r5)
reading_relocation:
        rrel r3, r4
        svc  1
forbidden:
        lpsw 0(r0)
        rpsw r3
        rrel r3, r3
        lrel r3, r3
        rtim r3
        stim r3
        rpnd r3
        cpnd r3
        in   r3, r3
        out  r3, r3
        setie 1
        idle
        halt
forbidden_end:
        .org window + USER_SIZE
relocation_done:
