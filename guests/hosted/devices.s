# The machine's devices, made of system calls: docs/devices.md says what each port does, and when. What is due at a step
# is done at that boundary of virtual time, however much real time the kernel takes for it, so the machine cannot tell.

# ---- One routine for each port. They leave r8 and r9; a receiver returns r2, a sender is given it ------------------
receivers:
        .word next_character - HOME, console_status - HOME, nothing - HOME, disk_blocks - HOME, disk_status - HOME
        .word random_word - HOME
        .rept 10
        .word nothing - HOME
        .endr
senders:
        .word put - HOME, ignore - HOME, disk_address - HOME, disk_block - HOME, disk_command - HOME
        .rept 11
        .word ignore - HOME
        .endr

nothing:
        set  r2, 0
ignore: ret

random_word:
        push ra
        la   r3, seed
        call splitmix
        mov  r2, r1
        pop  ra
        ret

seed:   .space 2                # of the machine's own random source, low word first

# ---- act: the step has come at which a device is due ---------------------------------------------------------------
act:    lw   r1, listening - HOME(r0)
        beqz r1, 1f
        lw   r1, arrival - HOME(r0)
        lw   r2, BLOCK_AT + VM_STEPS(r0)
        bne  r1, r2, 1f
        call arrive
1:      lw   r1, busy - HOME(r0)
        beqz r1, 2f
        lw   r1, disk_due - HOME(r0)
        lw   r2, BLOCK_AT + VM_STEPS(r0)
        bne  r1, r2, 2f
        call complete
2:      la   ra, step
        # and when is the next?

# plan: find out when a device acts next. Distances from now do not wrap, steps do. Uses r1 to r4.
plan:   lw   r1, BLOCK_AT + VM_STEPS(r0)
        lw   r2, listening - HOME(r0)
        lw   r3, busy - HOME(r0)
        or   r4, r2, r3
        sw   r4, BLOCK_AT + VM_AWAITED(r0)
        li   r4, 1 << 30        # long enough if nobody is due
        beqz r2, 1f
        lw   r2, arrival - HOME(r0)
        sub  r4, r2, r1
1:      beqz r3, 2f
        lw   r2, disk_due - HOME(r0)
        sub  r2, r2, r1
        bgeu r2, r4, 2f
        mov  r4, r2
2:      add  r1, r1, r4
        sw   r1, BLOCK_AT + VM_DUE(r0)
        ret

# attend: a device of bit r1 wants attention.
attend: lw   r2, BLOCK_AT + VM_PENDING(r0)
        or   r2, r2, r1
        sw   r2, BLOCK_AT + VM_PENDING(r0)
        ret

# ---- The console: what comes in ------------------------------------------------------------------------------------
# Characters come one by one at their steps, and wait until the machine takes them. Most machines have a text on the
# disk, of which the block is here that has the next character. For one it is what is typed at the real console: the
# kernel gives it piece by piece, and what has come of it is kept in the same words, as in a ring.
        .equ KEPT, BLOCK        # words, a power of two
        .equ TYPED, 80          # of a piece
        .equ INTERVAL, 100      # steps from one character to the next

# plug: connect the input, before the first step.
plug:   push ra
        lw   r1, letters - HOME(r0)
        lw   r2, console_given - HOME(r0)
        beqz r2, 1f
        call read_piece
1:      snez r1, r1             # none at all: it has ended from the beginning
        sw   r1, listening - HOME(r0)
        call plan
        pop  ra
        ret

# read_piece: r1 = how many characters the next piece has, a line at most; 0 at the end of input, -1 if nobody has typed
# any yet.
read_piece:
        la   r1, typed
        set  r2, TYPED
        svc  READ_SOME
        bltz r1, ignore
        sw   r0, at - HOME(r0)
        sw   r1, length - HOME(r0)
        ret

# arrive: the next character is due, or the end of input.
arrive: push ra
        lw   r1, arrival - HOME(r0)
        addi r1, r1, INTERVAL
        sw   r1, arrival - HOME(r0)
        lw   r5, came - HOME(r0)
        lw   r1, console_given - HOME(r0)
        bnez r1, 1f
        lw   r1, letters - HOME(r0)
        beq  r5, r1, 4f
        b    3f
1:      lw   r1, taken_away - HOME(r0)
        sub  r1, r5, r1
        addi r1, r1, -KEPT
        beqz r1, 6f             # the machine must take some first
        lw   r1, at - HOME(r0)
        lw   r2, length - HOME(r0)
        bne  r1, r2, 2f
        call read_piece         # the kernel has it by now, since real time is not behind the machine's
        beqz r1, 4f
        bltz r1, 6f             # somebody is typing, and it comes later
        set  r1, 0
2:      lw   r2, typed - HOME(r1)
        addi r1, r1, 1
        sw   r1, at - HOME(r0)
        andi r3, r5, KEPT - 1
        sw   r2, characters - HOME(r3)
3:      addi r5, r5, 1
        sw   r5, came - HOME(r0)
        b    5f
4:      sw   r0, listening - HOME(r0)
5:      set  r1, CONSOLE_BIT
        call attend
6:      pop  ra
        ret

next_character:
        lw   r3, taken_away - HOME(r0)
        lw   r2, came - HOME(r0)
        beq  r2, r3, nothing
        lw   r1, console_given - HOME(r0)
        bnez r1, 1f
        srli r1, r3, 7          # by BLOCK
        lw   r2, text_block - HOME(r0)
        add  r1, r1, r2
        lw   r2, here - HOME(r0)
        beq  r1, r2, 1f
        sw   r1, here - HOME(r0)
        la   r2, characters
        svc  BLOCK_READ
1:      addi r2, r3, 1
        sw   r2, taken_away - HOME(r0)
        andi r3, r3, KEPT - 1
        lw   r2, characters - HOME(r3)
        ret

# The status is 1 if a character waits, 2 if none will come.
console_status:
        lw   r2, taken_away - HOME(r0)
        lw   r3, came - HOME(r0)
        xor  r2, r2, r3
        snez r2, r2
        bnez r2, ignore
        lw   r2, listening - HOME(r0)
        seqz r2, r2
        slli r2, r2, 1
        ret

console_given:
        .word 0                 # 1 if what is typed at the real console is for the machine
letters:
        .word 0                 # else how many characters its text has, and the block where they begin
text_block:
        .word 0
here:   .word 0                 # the block of it that is in `characters`
listening:
        .word 0                 # 1 while there is input to come
arrival:
        .word 0                 # the low word of the step at which the next of it comes
came:   .word 0                 # how many characters have come,
taken_away:
        .word 0                 # and how many of them the machine has taken
at:     .word 0                 # the next of the piece that the kernel has given,
length: .word 0                 # and how many that has

# ---- put: print r2. The line goes to the kernel when it is complete, behind the machine's name ---------------------
put:    andi r2, r2, 0xff
        lw   r3, column - HOME(r0)
        sw   r2, words - HOME(r3)
        addi r3, r3, 1
        sw   r3, column - HOME(r0)
        addi r2, r2, -'\n'
        beqz r2, print
        addi r3, r3, 1 - TEXT   # the last word is for the end of a line that is broken
        beqz r3, flush
        ret

# flush: end the line if one has begun.
flush:  lw   r3, column - HOME(r0)
        lw   r2, margin - HOME(r0)
        beq  r2, r3, ignore
        set  r2, '\n'
        sw   r2, words - HOME(r3)
        addi r3, r3, 1
# print: write r3 characters, and begin a line.
print:  la   r1, words
        mov  r2, r3
        svc  WRITE
        lw   r2, margin - HOME(r0)
        sw   r2, column - HOME(r0)
        ret

column: .word 0                 # where the next character goes
margin: .word 0                 # where each line begins, behind the name

# ---- The disk: the blocks behind `first_block` are the machine's ---------------------------------------------------
        .equ DURATION, 200      # steps that a command takes
        .equ BAD_BLOCK, 2       # statuses
        .equ BAD_ADDRESS, 3
        .equ BAD_COMMAND, 4

disk_address:
        sw   r2, address - HOME(r0)
        ret
disk_block:
        sw   r2, block_number - HOME(r0)
        ret
disk_blocks:
        lw   r2, blocks - HOME(r0)
        ret
disk_status:
        lw   r2, busy - HOME(r0)        # DISK_BUSY is 1
        bnez r2, ignore
        lw   r2, status - HOME(r0)
        ret

# A command is done when its time is over, with the address and the block that were there when it was given.
disk_command:
        lw   r3, busy - HOME(r0)
        bnez r3, ignore
        lw   r3, blocks - HOME(r0)
        beqz r3, ignore         # there is no disk
        sw   r2, command - HOME(r0)
        lw   r3, address - HOME(r0)
        sw   r3, command + 1 - HOME(r0)
        lw   r3, block_number - HOME(r0)
        sw   r3, command + 2 - HOME(r0)
        set  r3, 1
        sw   r3, busy - HOME(r0)
        lw   r3, BLOCK_AT + VM_STEPS(r0)
        addi r3, r3, DURATION
        sw   r3, disk_due - HOME(r0)
        b    plan

complete:
        push ra
        lw   r5, command - HOME(r0)
        lw   r3, command + 1 - HOME(r0)
        lw   r1, command + 2 - HOME(r0)
        set  r4, BAD_COMMAND
        addi r6, r5, -DISK_READ
        sltiu r6, r6, 2         # reading or writing
        beqz r6, 2f
        set  r4, BAD_BLOCK
        lw   r2, blocks - HOME(r0)
        bgeu r1, r2, 2f
        set  r4, BAD_ADDRESS
        lw   r2, BLOCK_AT + VM_SIZE(r0)
        bgtu r3, r2, 2f
        sub  r2, r2, r3
        sltiu r2, r2, BLOCK
        bnez r2, 2f
        lw   r2, first_block - HOME(r0)
        add  r1, r1, r2
        addi r2, r3, STORAGE
        addi r5, r5, -DISK_WRITE
        beqz r5, 1f
        svc  BLOCK_READ
        b    3f
1:      svc  BLOCK_WRITE
3:      neg  r4, r1             # the kernel gives the status of its own disk, below 0
2:      sw   r4, status - HOME(r0)
        sw   r0, busy - HOME(r0)
        set  r1, DISK_BIT
        call attend
        pop  ra
        ret

first_block:
        .word 0
blocks: .word 0                 # how many there are; 0 without a disk
address:
        .word 0
block_number:
        .word 0
command:
        .space 3                # the one under way, its address and its block
status: .word 0
busy:   .word 0                 # 1 while one is under way
disk_due:
        .word 0                 # the low word of the step at which it ends
