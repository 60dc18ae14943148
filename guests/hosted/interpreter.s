# What privileged instructions do to the machine: one step on its block and its storage. The kernel's trap has decoded
# them, so r3 is a word of one of them; anything else was illegal.

# ---- privileged: of a machine in user mode it is a trap, of one in supervisor mode what the description says -------
# The instructions find the word in r3, the number d in r8, and the number a in r9.
privileged:
        lw   r2, BLOCK_AT + VM_PSW(r0)
        andi r2, r2, Mode.user
        bnez r2, reflect
        srli r8, r3, 20
        andi r8, r8, 15
        srli r9, r3, 16
        andi r9, r9, 15
        srli r2, r3, 24
        andi r2, r2, 15
        lw   r2, privileges - HOME(r2)
        jr   r2

privileges:                     # by the last four bits of the code
        .word load_status - HOME, read_psw - HOME, read_relocation - HOME, load_relocation - HOME
        .word read_timer - HOME, set_timer_to - HOME, read_pending - HOME, clear_pending - HOME
        .word receive - HOME, send - HOME, enable - HOME, wait - HOME, stop - HOME

# ---- How they end: `give` puts r2 into register d; all but jumps go on behind the instruction ----------------------
give:   sw   r2, BLOCK_AT + VM_X(r8)
        sw   r0, BLOCK_AT + VM_X(r0)    # for d may be 0
next:   lw   r2, BLOCK_AT + VM_PC(r0)
        addi r2, r2, 1
        sw   r2, BLOCK_AT + VM_PC(r0)
elapsed:
        lw   r2, BLOCK_AT + VM_TIMER(r0)
        sltiu r3, r2, 2
        bnez r3, taken          # off, or held at 1
        addi r2, r2, -1
        sw   r2, BLOCK_AT + VM_TIMER(r0)
        b    taken

# ---- Status, relocation, timer, pending bits -----------------------------------------------------------------------
# Of four words the first that the machine cannot reach is what it traps for. Its reach is where its relocation ends or
# its storage does: from there on nothing is admitted, so that word is the first of the four or the end. The base lies
# within storage, for the machine has just fetched this instruction.
load_status:
        lw   r4, BLOCK_AT + VM_X(r9)
        slli r3, r3, 16
        srai r3, r3, 16
        add  r4, r4, r3         # where they are
        lw   r5, BLOCK_AT + VM_BASE(r0)
        lw   r2, BLOCK_AT + VM_SIZE(r0)
        sub  r3, r2, r5         # the reach
        lw   r2, BLOCK_AT + VM_BOUND(r0)
        bleu r3, r2, 1f
        mov  r3, r2
1:      sub  r2, r3, r4         # words from there to the end
        bleu r3, r4, 2f
        sltiu r6, r2, 4
        bnez r6, 3f
        add  r4, r4, r5
        lw   r2, STORAGE(r4)
        sw   r2, BLOCK_AT + VM_PC(r0)
        lw   r2, STORAGE + 1(r4)
        sw   r2, BLOCK_AT + VM_PSW(r0)
        lw   r2, STORAGE + 2(r4)
        sw   r2, BLOCK_AT + VM_BASE(r0)
        lw   r2, STORAGE + 3(r4)
        sw   r2, BLOCK_AT + VM_BOUND(r0)
        b    elapsed
2:      mov  r3, r4
3:      set  r1, Cause.memory
        b    reflect

read_psw:
        lw   r2, BLOCK_AT + VM_PSW(r0)
        b    give

enable: slli r3, r3, 1
        andi r3, r3, IE
        lw   r2, BLOCK_AT + VM_PSW(r0)
        ori  r2, r2, IE
        xori r2, r2, IE
        or   r2, r2, r3
        sw   r2, BLOCK_AT + VM_PSW(r0)
        b    next

read_relocation:
        lw   r2, BLOCK_AT + VM_BASE(r0)
        sw   r2, BLOCK_AT + VM_X(r8)
        mov  r8, r9             # if they are the same register, the bound stays
        lw   r2, BLOCK_AT + VM_BOUND(r0)
        b    give

load_relocation:
        lw   r2, BLOCK_AT + VM_X(r8)
        sw   r2, BLOCK_AT + VM_BASE(r0)
        lw   r2, BLOCK_AT + VM_X(r9)
        sw   r2, BLOCK_AT + VM_BOUND(r0)
        b    next

read_timer:
        lw   r2, BLOCK_AT + VM_TIMER(r0)
        b    give

set_timer_to:                   # the step that sets it takes nothing from it
        lw   r2, BLOCK_AT + VM_X(r8)
        sw   r2, BLOCK_AT + VM_TIMER(r0)
        lw   r2, BLOCK_AT + VM_PC(r0)
        addi r2, r2, 1
        sw   r2, BLOCK_AT + VM_PC(r0)
        b    taken

read_pending:
        lw   r2, BLOCK_AT + VM_PENDING(r0)
        b    give

clear_pending:
        lw   r2, BLOCK_AT + VM_X(r8)
        not  r2, r2
        lw   r3, BLOCK_AT + VM_PENDING(r0)
        and  r2, r2, r3
        sw   r2, BLOCK_AT + VM_PENDING(r0)
        b    next

# ---- Ports: devices.s has a routine for each -----------------------------------------------------------------------
receive:
        lw   r9, BLOCK_AT + VM_X(r9)
        andi r9, r9, 15         # the port
        lw   r2, receivers - HOME(r9)
        jalr ra, 0(r2)
        set  r3, RECEIVED
        call note
        b    give

send:   lw   r9, BLOCK_AT + VM_X(r9)
        andi r9, r9, 15
        lw   r2, BLOCK_AT + VM_X(r8)
        set  r3, SENT
        call note
        lw   r3, senders - HOME(r9)
        jalr ra, 0(r3)
        b    next

# note: word r2 has gone over port r9, in the way r3.
note:   sw   r3, BLOCK_AT + VM_WAY(r0)
        sw   r9, BLOCK_AT + VM_PORT(r0)
        sw   r2, BLOCK_AT + VM_WORD(r0)
        lw   r3, BLOCK_AT + VM_TRAFFIC(r0)
        addi r3, r3, 1
        sw   r3, BLOCK_AT + VM_TRAFFIC(r0)
        ret

# ---- wait: nothing but time until the timer is 1 or a device acts. Virtual time is free: all of it passes now ---------
# Then the machine executes the instruction once more, and goes on, or takes the interrupt.
wait:   lw   r2, BLOCK_AT + VM_PENDING(r0)
        bnez r2, next
        lw   r2, BLOCK_AT + VM_TIMER(r0)
        addi r2, r2, -1         # steps until it is 1; of a timer that is off, more than there can be
        beqz r2, next
        lw   r3, BLOCK_AT + VM_AWAITED(r0)
        beqz r3, 1f
        lw   r3, BLOCK_AT + VM_DUE(r0)
        lw   r4, BLOCK_AT + VM_STEPS(r0)
        sub  r3, r3, r4
        bleu r2, r3, 2f
        mov  r2, r3
        b    2f
1:      addi r3, r2, 1
        beqz r3, stuck
2:      call pass
        b    step

# ---- stop: the machine has halted, and the process ends as it did --------------------------------------------------
stop:   set  r2, 1
        sw   r2, BLOCK_AT + VM_HALTED(r0)
        lw   r2, BLOCK_AT + VM_PC(r0)
        addi r2, r2, 1
        sw   r2, BLOCK_AT + VM_PC(r0)
        set  r2, 1
        call pass
ended:  call flush              # its state is complete here
        begin
        text "monitor: the machine halts after "
        lw   r1, BLOCK_AT + VM_STEPS(r0)
        number
        text " steps"
        line
        lw   r1, BLOCK_AT + VM_X + 1(r0)
        svc  EXIT

# stuck: its timer is off and no device will ever act.
stuck:  call flush
        say  "monitor: the machine waits for ever"
        leave 1
