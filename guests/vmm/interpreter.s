# One step of the virtual machine, taken on its block and its window: a privileged instruction that its supervisor may
# execute, or a trap that its machine would have taken. Both end where the guest goes on, in `resume`.

# ---- Time --------------------------------------------------------------------------------------------------------------
# pass: r1 steps of the guest pass, none of which trapped. Uses r2 to r4.
pass:   lw   r2, vm + VM_TIMER(r0)
        beqz r2, count          # off
        sub  r3, r2, r1
        bltu r1, r2, 1f
        set  r3, 1              # down to 1, where it holds
1:      sw   r3, vm + VM_TIMER(r0)
        # and so many steps

# count: r1 steps pass in which the guest's clock stands still.
count:  lw   r2, vm + VM_STEPS(r0)
        add  r2, r2, r1
        sw   r2, vm + VM_STEPS(r0)
        sltu r2, r2, r1         # the carry
        lw   r3, vm + VM_STEPS + 1(r0)
        add  r3, r3, r2
        sw   r3, vm + VM_STEPS + 1(r0)
        lw   r2, vm + VM_LEFT(r0)
        sub  r3, r2, r1
        bleu r1, r2, 1f
        set  r3, 0              # it has slept longer than its turn
1:      sw   r3, vm + VM_LEFT(r0)
        ret

# ---- reflect: the guest's machine takes a trap of cause r8 with info r9 -------------------------------------------------
reflect:
        lw   r1, vm + VM_WINDOW(r0)
        lw   r2, vm + VM_PC(r0)
        sw   r2, SAVED_PC(r1)
        lw   r2, vm + VM_PSW(r0)
        sw   r2, SAVED_PSW(r1)
        lw   r2, vm + VM_BASE(r0)
        sw   r2, SAVED_BASE(r1)
        lw   r2, vm + VM_BOUND(r0)
        sw   r2, SAVED_BOUND(r1)
        sw   r8, CAUSE(r1)
        sw   r9, INFO(r1)
        lw   r2, VECTOR(r1)
        sw   r2, vm + VM_PC(r0)
        lw   r2, VECTOR + 1(r1)
        sw   r2, vm + VM_PSW(r0)
        lw   r2, VECTOR + 2(r1)
        sw   r2, vm + VM_BASE(r0)
        lw   r2, VECTOR + 3(r1)
        sw   r2, vm + VM_BOUND(r0)
timeless:                       # a step during which the guest's timer does not count
        set  r1, 1
        call count
        j    resume

# ---- privileged: the real machine has refused instruction r9 ------------------------------------------------------------
# To the guest's own users it is refused as well. For its supervisor it is done here, with r10 and r11 as the numbers of
# registers d and a. The hardware has decoded the word: nothing but these thirteen gets here.
privileged:
        lw   r1, vm + VM_PSW(r0)
        andi r1, r1, Mode.user
        bnez r1, reflect
        srli r10, r9, 20
        andi r10, r10, 15
        srli r11, r9, 16
        andi r11, r11, 15
        srli r1, r9, 24
        andi r1, r1, 15
        lw   r1, emulated(r1)
        jr   r1

emulated:
        .word do_lpsw, do_rpsw, do_rrel, do_lrel, do_rtim, do_stim, do_rpnd, do_cpnd
        .word do_in, do_out, do_setie, do_idle, do_halt, panic, panic, panic

# The ends of most: put r1 into register d; go on behind the instruction; one step has passed.
give:   sw   r1, vm + VM_X(r10)
        sw   r0, vm + VM_X(r0)  # whatever d is, register 0 is 0
next:   lw   r1, vm + VM_PC(r0)
        addi r1, r1, 1
        sw   r1, vm + VM_PC(r0)
passed: set  r1, 1
        call pass
        j    resume

do_rpsw:
        lw   r1, vm + VM_PSW(r0)
        j    give

do_rrel:
        lw   r1, vm + VM_BASE(r0)
        sw   r1, vm + VM_X(r10)
        mov  r10, r11           # if both are one register, the bound stays
        lw   r1, vm + VM_BOUND(r0)
        j    give

do_lrel:
        lw   r1, vm + VM_X(r10)
        sw   r1, vm + VM_BASE(r0)
        lw   r1, vm + VM_X(r11)
        sw   r1, vm + VM_BOUND(r0)
        j    next

do_rtim:
        lw   r1, vm + VM_TIMER(r0)
        j    give

do_stim:
        lw   r1, vm + VM_X(r10)
        sw   r1, vm + VM_TIMER(r0)
        lw   r1, vm + VM_PC(r0)
        addi r1, r1, 1
        sw   r1, vm + VM_PC(r0)
        j    timeless           # it begins to count with the next step

do_rpnd:
        lw   r1, vm + VM_PENDING(r0)
        j    give

do_cpnd:
        lw   r1, vm + VM_X(r10)
        not  r1, r1
        lw   r2, vm + VM_PENDING(r0)
        and  r1, r1, r2
        sw   r1, vm + VM_PENDING(r0)
        j    next

do_setie:
        andi r1, r9, 1
        slli r1, r1, 1          # where INTERRUPTS is
        lw   r2, vm + VM_PSW(r0)
        ori  r2, r2, INTERRUPTS
        xori r2, r2, INTERRUPTS
        or   r1, r1, r2
        sw   r1, vm + VM_PSW(r0)
        j    next

# The four words may lie anywhere in the guest's reach, and the last of them beyond it: nothing is changed before all
# are here.
do_lpsw:
        lw   r1, vm + VM_X(r11)
        slli r2, r9, 16
        srai r2, r2, 16
        add  r1, r1, r2
        call word
        mov  r4, r2
        addi r1, r1, 1
        call word
        mov  r5, r2
        addi r1, r1, 1
        call word
        mov  r6, r2
        addi r1, r1, 1
        call word
        sw   r4, vm + VM_PC(r0)
        sw   r5, vm + VM_PSW(r0)
        sw   r6, vm + VM_BASE(r0)
        sw   r2, vm + VM_BOUND(r0)
        j    passed

# word: r2 = the word at the guest's address r1, through the relocation with which it ran. A trap if it has none there.
word:   lw   r2, SAVED_BOUND(r0)
        bgeu r1, r2, 1f
        lw   r2, SAVED_BASE(r0)
        add  r2, r2, r1
        lw   r2, 0(r2)
        ret
1:      set  r8, Cause.memory
        mov  r9, r1
        j    reflect

do_in:  lw   r11, vm + VM_X(r11)
        andi r11, r11, 15       # the port
        lw   r1, receives(r11)
        jalr ra, 0(r1)
        set  r2, RECEIVED
        call note
        j    give

do_out: lw   r11, vm + VM_X(r11)
        andi r11, r11, 15
        lw   r1, vm + VM_X(r10)
        set  r2, SENT
        call note
        lw   r2, sends(r11)
        jalr ra, 0(r2)
        j    next

# note: what the guest has moved: word r1, which way r2, over port r11. Leaves r1.
note:   sw   r2, vm + VM_WAY(r0)
        sw   r11, vm + VM_PORT(r0)
        sw   r1, vm + VM_WORD(r0)
        lw   r2, vm + VM_TRAFFIC(r0)
        addi r2, r2, 1
        sw   r2, vm + VM_TRAFFIC(r0)
        ret

# Waiting is many steps at once: until its timer is 1, or one of its devices acts. Others run until so many have passed
# below as well; then the guest executes its `idle` again. So its time is never ahead of ours, and what it asks of a real
# device has happened there.
do_idle:
        lw   r1, vm + VM_PENDING(r0)
        bnez r1, next
        lw   r1, vm + VM_TIMER(r0)
        addi r1, r1, -1
        beqz r1, next
wait:   mov  r11, r1            # for a timer that is off this is NEVER
        call devices            # none is due now
        bleu r1, r11, 1f
        mov  r1, r11
1:      addi r2, r1, 1
        beqz r2, stuck
        li   r2, LONGEST        # what is left it waits for again
        bleu r1, r2, 2f
        mov  r1, r2
2:      lw   r2, now(r0)
        add  r2, r2, r1
        sw   r2, vm + VM_WAKE(r0)
        call pass
        j    schedule

do_halt:
        set  r1, 1
        sw   r1, vm + VM_HALTED(r0)
        lw   r1, vm + VM_PC(r0)
        addi r1, r1, 1
        sw   r1, vm + VM_PC(r0)
        set  r1, 1
        call pass
ended:  j    halted
