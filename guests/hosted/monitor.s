# Process 4: a monitor. It has one virtual machine, whose storage lies in this window, and lets the kernel run it (see
# os/machines.s) up to what the kernel cannot do for it: a trap of the machine's own, the time when a device acts or the
# clock has run down, an instruction that only the kernel may execute.
#
# All of it runs at virtual addresses, while labels are physical: so tables hold distances from HOME, and words are
# reached as `label - HOME`.

# ---- The machine's block. The kernel's part is in os/machines.s; beside it stands the rest of the machine's state ---
        .equ VM_PSW, 17
        .equ VM_TIMER, 20
        .equ VM_PENDING, 21
        .equ VM_HALTED, 22
        .equ VM_STEPS, 25       # virtual time: steps the machine has taken, low word and high word
        .equ VM_NUMBER, 27      # which machine it is, from 0
        .equ VM_TRAFFIC, 28     # words it has moved over its ports; and of the last of them
        .equ VM_WAY, 29         # which way
        .equ VM_PORT, 30
        .equ VM_WORD, 31
        .equ VM_DUE, 34         # low word of the step at which a device acts next
        .equ VM_AWAITED, 35     # 0: none will, and VM_DUE only says when to look again
        .equ VM_WORDS, 36

        .equ RECEIVED, 1        # ways
        .equ SENT, 2
        .equ SHARED_CONSOLE, 1  # for those who look from outside: others print on the real one as well

        .equ IE, 2              # the bit of the psw that enables interrupts
        .equ BLOCK_AT, vm - HOME    # the block's virtual address

monitor:
        call load
        la   r1, vm
        set  r2, STORAGE
        svc  MACHINE
        bltz r1, no_machine
        call plug

# ---- step: a boundary between two steps of the machine -------------------------------------------------------------
# What is due happens first; then an interrupt, if the machine takes one, in the order of its description; else it runs
# until the next of all this.
step:   lw   r1, BLOCK_AT + VM_DUE(r0)
        lw   r2, BLOCK_AT + VM_STEPS(r0)
        sub  r1, r1, r2         # steps until a device acts
        beqz r1, act
        lw   r2, BLOCK_AT + VM_PSW(r0)
        andi r2, r2, IE
        beqz r2, run
        lw   r2, BLOCK_AT + VM_TIMER(r0)
        addi r3, r2, -1         # steps until the clock traps
        beqz r3, alarm
        lw   r4, BLOCK_AT + VM_PENDING(r0)
        bnez r4, attention
        beqz r2, run            # the timer is off
        bleu r1, r3, run
        mov  r1, r3
run:    svc  RUN
        lw   r2, BLOCK_AT + VM_RAN(r0)
        beqz r2, stopped
        call pass
stopped:
        lw   r3, BLOCK_AT + VM_INFO(r0)
        lw   r2, stops - HOME(r1)
        jr   r2

        .word dead - HOME       # -1: it was refused
stops:  .word dead - HOME, reflect - HOME, privileged - HOME, reflect - HOME, reflect - HOME, step - HOME, step - HOME

alarm:  set  r1, Cause.clock
        set  r3, 0
        b    reflect
attention:
        set  r1, Cause.device
        mov  r3, r4
        # and the machine traps

# ---- reflect: a step of the machine that traps, with cause r1 and info r3 ------------------------------------------
# Its kernel finds in its own storage what the description says: the old status in 0 to 5, the new one in 8 to 11.
reflect:
        lw   r2, BLOCK_AT + VM_PC(r0)
        sw   r2, STORAGE + SAVED_PC(r0)
        lw   r2, BLOCK_AT + VM_PSW(r0)
        sw   r2, STORAGE + SAVED_PSW(r0)
        lw   r2, BLOCK_AT + VM_BASE(r0)
        sw   r2, STORAGE + SAVED_BASE(r0)
        lw   r2, BLOCK_AT + VM_BOUND(r0)
        sw   r2, STORAGE + SAVED_BOUND(r0)
        sw   r1, STORAGE + CAUSE(r0)
        sw   r3, STORAGE + INFO(r0)
        lw   r2, STORAGE + VECTOR(r0)
        sw   r2, BLOCK_AT + VM_PC(r0)
        lw   r2, STORAGE + VECTOR + 1(r0)
        sw   r2, BLOCK_AT + VM_PSW(r0)
        lw   r2, STORAGE + VECTOR + 2(r0)
        sw   r2, BLOCK_AT + VM_BASE(r0)
        lw   r2, STORAGE + VECTOR + 3(r0)
        sw   r2, BLOCK_AT + VM_BOUND(r0)
        # a trap takes a step, but none from the timer

# ---- taken: one step has been taken --------------------------------------------------------------------------------
taken:  set  r2, 1
        la   ra, step
        # and count it

# count: r2 steps more. Uses r3 and r4.
count:  lw   r3, BLOCK_AT + VM_STEPS(r0)
        add  r3, r3, r2
        sw   r3, BLOCK_AT + VM_STEPS(r0)
        bgeu r3, r2, 1f
        lw   r3, BLOCK_AT + VM_STEPS + 1(r0)
        addi r3, r3, 1
        sw   r3, BLOCK_AT + VM_STEPS + 1(r0)
1:      ret

# pass: r2 steps in which nothing trapped: the timer counts them too, down to 1. Uses r3 and r4.
pass:   lw   r3, BLOCK_AT + VM_TIMER(r0)
        beqz r3, count
        sub  r4, r3, r2
        bltu r2, r3, 1f
        set  r4, 1
1:      sw   r4, BLOCK_AT + VM_TIMER(r0)
        b    count

# dead: the kernel says that there is no machine, or stopped it for no reason that there is. Neither can be.
dead:   say  "monitor: the kernel has lost the machine"
        leave 2
no_machine:
        say  "monitor: the kernel refuses to make a machine"
        leave 1

vm:     .space VM_WORDS
