# The devices of the guests, made of ours, and the waiting. docs/devices.md says what each port does and when.

# ---- Ours ---------------------------------------------------------------------------------------------------------------
        .equ CONSOLE, 0         # port: receive and send a character
        .equ CONSOLE_STATUS, 1  # port
        .equ CONSOLE_BIT, 1     # among the pending interrupts
        .equ WAITING, 1         # statuses: a character waits; none will come any more
        .equ OVER, 2
        .equ DISK_ADDRESS, 2    # port: where in storage
        .equ DISK_BLOCK, 3      # port: which block; receive: how many there are
        .equ DISK_COMMAND, 4    # port: 1 reads, 2 writes; receive: status
        .equ DISK_BIT, 4
        .equ DISK_READ, 1
        .equ DISK_WRITE, 2
        .equ BUSY, 1            # statuses of the disk
        .equ BAD_BLOCK, 2
        .equ BAD_ADDRESS, 3
        .equ BAD_COMMAND, 4
        .equ BLOCK, 128         # words in a block
        .equ INTERVAL, 100      # steps from one character of input to the next
        .equ NEVER, -1          # a number of steps: more than any other
        .equ DURATION, 200      # steps that a command takes

# sleep: let r1 steps pass on our own machine. Leaves r1. Uses r2 and r3.
sleep:  set  r3, -1
        stim r1
1:      idle
        cpnd r3                 # a device has woken us too early
        rtim r2
        addi r2, r2, -1
        bnez r2, 1b
        ret

# transfer: r1 = the status of our disk after command r3 for block r2 and the words from r1 on. Uses r4.
transfer:
        stim r0                 # only the disk wakes us
        set  r4, DISK_ADDRESS
        out  r1, r4
        set  r4, DISK_BLOCK
        out  r2, r4
        set  r4, DISK_COMMAND
        out  r3, r4
        set  r2, BUSY
        set  r3, -1
1:      in   r1, r4
        bne  r1, r2, 2f
        idle
        cpnd r3
        j    1b
2:      ret

# ---- What is due ---------------------------------------------------------------------------------------------------------
# devices: those of the guest's devices act that are due at this step; r1 = how many steps later the next one acts, or
# NEVER. Uses r2 to r10.
devices:
        mov  r10, ra
        set  r8, NEVER
        lw   r1, vm + VM_LISTENING(r0)
        beqz r1, 2f
        lw   r1, vm + VM_ARRIVAL(r0)
        lw   r2, vm + VM_STEPS(r0)
        sub  r8, r1, r2
        bnez r8, 1f
        call listen
        set  r8, INTERVAL
1:      lw   r1, vm + VM_LISTENING(r0)
        bnez r1, 2f
        set  r8, NEVER          # that was the end of input
2:      lw   r1, vm + VM_BUSY(r0)
        beqz r1, 4f
        lw   r1, vm + VM_DUE(r0)
        lw   r2, vm + VM_STEPS(r0)
        sub  r1, r1, r2
        bnez r1, 3f
        call complete
        j    4f
3:      bgeu r1, r8, 4f
        mov  r8, r1
4:      mov  r1, r8
        jr   r10

# attend: the guest's devices of r1 want its attention.
attend: lw   r2, vm + VM_PENDING(r0)
        or   r2, r2, r1
        sw   r2, vm + VM_PENDING(r0)
        ret

# ---- The tables of ports -------------------------------------------------------------------------------------------------
# receives: r1 = what the guest receives from port r11. sends: it sends r1. Both leave r8 to r13.
receives:
        .word character, console_status, nothing, disk_blocks, disk_status, random, nothing, nothing
        .word nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing
sends:  .word print_out, ignore, disk_address, disk_block, disk_command, ignore, ignore, ignore
        .word ignore, ignore, ignore, ignore, ignore, ignore, ignore, ignore

nothing:
        set  r1, 0
ignore: ret

# ---- The console: what comes in -------------------------------------------------------------------------------------------
# A guest's characters come one by one at their steps, and wait until it takes them. Most guests have a text; for one, what
# comes to our own console is kept in a ring until it is due.
        .equ RING, 512          # words, a power of two

# listen: the next character is due, or the end of input.
listen: lw   r1, vm + VM_ARRIVAL(r0)
        addi r1, r1, INTERVAL
        sw   r1, vm + VM_ARRIVAL(r0)
        lw   r3, vm + VM_CAME(r0)
        lw   r1, vm + VM_CONSOLE(r0)
        bnez r1, 1f
        lw   r1, vm + VM_LETTERS(r0)
        beq  r3, r1, 3f
        j    2f
# Our console has it by now, since our time is not behind the guest's; or its input has ended; or somebody is typing, and
# it comes later.
1:      lw   r1, vm + VM_TAKEN(r0)
        sub  r1, r3, r1
        addi r1, r1, -RING
        beqz r1, ignore         # the guest must take some first
        set  r1, CONSOLE_STATUS
        in   r1, r1
        beqz r1, ignore
        andi r1, r1, WAITING
        beqz r1, 3f
        in   r1, r0             # port 0 is CONSOLE
        lw   r2, vm + VM_TEXT(r0)
        andi r4, r3, RING - 1
        add  r2, r2, r4
        sw   r1, 0(r2)
2:      addi r3, r3, 1
        sw   r3, vm + VM_CAME(r0)
        set  r1, CONSOLE_BIT
        j    attend
3:      sw   r0, vm + VM_LISTENING(r0)
        set  r1, CONSOLE_BIT
        j    attend

character:
        set  r1, 0
        lw   r2, vm + VM_TAKEN(r0)
        lw   r3, vm + VM_CAME(r0)
        beq  r2, r3, ignore
        addi r3, r2, 1
        sw   r3, vm + VM_TAKEN(r0)
        lw   r3, vm + VM_MASK(r0)
        and  r2, r2, r3
        lw   r3, vm + VM_TEXT(r0)
        add  r2, r2, r3
        lw   r1, 0(r2)
        ret

console_status:
        set  r1, WAITING
        lw   r2, vm + VM_TAKEN(r0)
        lw   r3, vm + VM_CAME(r0)
        bne  r2, r3, ignore
        set  r1, 0
        lw   r2, vm + VM_LISTENING(r0)
        bnez r2, ignore
        set  r1, OVER
        ret

# ---- The console: what goes out -------------------------------------------------------------------------------------------
# A guest that is alone prints as if there were no monitor. Of several each has a line of its own, which is printed
# behind its name when it is complete.
        .equ LINE, 128          # words for a line; longer ones are broken

print_out:
        lw   r2, vm_count(r0)
        addi r2, r2, -1
        bnez r2, 1f
        out  r1, r0
        andi r1, r1, 0xff
        sw   r1, printed(r0)
        ret
1:      andi r1, r1, 0xff
        addi r2, r1, -'\n'
        beqz r2, print_line
        lw   r2, vm + VM_NUMBER(r0)
        slli r2, r2, 7          # times LINE
        lw   r3, vm + VM_LENGTH(r0)
        add  r2, r2, r3
        sw   r1, lines(r2)
        addi r3, r3, 1
        sw   r3, vm + VM_LENGTH(r0)
        addi r3, r3, -LINE
        beqz r3, print_line
        ret

# print_line: the guest's line, complete or not, behind its name.
print_line:
        push ra
        call put_name
        set  r2, '|'
        out  r2, r0
        set  r2, ' '
        out  r2, r0
        lw   r2, vm + VM_NUMBER(r0)
        slli r2, r2, 7
        lw   r3, vm + VM_LENGTH(r0)
        add  r3, r2, r3
1:      beq  r2, r3, 2f
        lw   r1, lines(r2)
        out  r1, r0
        addi r2, r2, 1
        j    1b
2:      set  r1, '\n'
        out  r1, r0
        sw   r0, vm + VM_LENGTH(r0)
        pop  ra
        ret

# rest: what a guest that has ended began to print.
rest:   lw   r1, vm + VM_LENGTH(r0)
        bnez r1, print_line
        lw   r1, printed(r0)
        addi r1, r1, -'\n'
        beqz r1, ignore
        set  r1, '\n'
        out  r1, r0
        sw   r1, printed(r0)
        ret

# put_name: print the name of the current guest. Uses r1 to r4.
put_name:
        set  r2, 0              # of its twelve characters
        set  r4, 12
1:      srli r3, r2, 2
        lw   r1, vm + VM_NAME(r3)
        andi r3, r2, 3
        slli r3, r3, 3
        srl  r1, r1, r3
        andi r1, r1, 0xff
        beqz r1, ignore
        out  r1, r0
        addi r2, r2, 1
        bne  r2, r4, 1b
        ret

printed:
        .word '\n'              # what was printed last by a guest that is alone
lines:  .space VMS * LINE

# ---- The disk: the guest's blocks are some of ours -------------------------------------------------------------------------
disk_blocks:
        lw   r1, vm + VM_BLOCKS(r0)
        ret

disk_status:
        lw   r1, vm + VM_BUSY(r0)
        bnez r1, ignore         # which is 1, as BUSY is
        lw   r1, vm + VM_RESULT(r0)
        ret

disk_address:
        sw   r1, vm + VM_ADDRESS(r0)
        ret

disk_block:
        sw   r1, vm + VM_BLOCK(r0)
        ret

disk_command:
        lw   r2, vm + VM_BLOCKS(r0)
        beqz r2, ignore         # no disk
        lw   r2, vm + VM_BUSY(r0)
        bnez r2, ignore
        sw   r1, vm + VM_COMMAND(r0)
        lw   r1, vm + VM_ADDRESS(r0)
        sw   r1, vm + VM_FROM(r0)
        lw   r1, vm + VM_BLOCK(r0)
        sw   r1, vm + VM_WHICH(r0)
        lw   r1, vm + VM_STEPS(r0)
        addi r1, r1, DURATION
        sw   r1, vm + VM_DUE(r0)
        set  r1, BUSY
        sw   r1, vm + VM_BUSY(r0)
        ret

# complete: the command ends now. The whole block moves at once in the guest's time, while the guest does not run.
complete:
        push ra
        lw   r3, vm + VM_COMMAND(r0)
        set  r1, BAD_COMMAND
        addi r2, r3, -DISK_READ
        sltiu r2, r2, 2
        beqz r2, 1f
        set  r1, BAD_BLOCK
        lw   r2, vm + VM_WHICH(r0)
        lw   r4, vm + VM_BLOCKS(r0)
        bgeu r2, r4, 1f
        lw   r4, vm + VM_FIRST(r0)
        add  r2, r2, r4
        set  r1, BAD_ADDRESS
        lw   r4, vm + VM_SIZE(r0)
        addi r5, r4, -BLOCK
        bltu r4, r5, 1f         # the storage is smaller than a block
        lw   r4, vm + VM_FROM(r0)
        bltu r5, r4, 1f
        lw   r1, vm + VM_WINDOW(r0)
        add  r1, r1, r4
        call transfer
1:      sw   r1, vm + VM_RESULT(r0)
        sw   r0, vm + VM_BUSY(r0)
        pop  ra
        set  r1, DISK_BIT
        j    attend

# ---- The random source: every guest has the words of its own seed, whoever else draws some ------------------------------
random: set  r3, vm + VM_RANDOM
        j    splitmix
