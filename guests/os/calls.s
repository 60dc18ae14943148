# The system calls. A process puts arguments into r1 and r2 and gets its result in r1; -1 means that it was refused.
# On entry r1 and r2 are the arguments and r12 is the descriptor.
#
#   0 exit(code)            1 write(text, n) -> n      2 read(buffer, n) -> n; 0 at the end of input
#   3 yield()               4 sleep(ticks)             5 time() -> ticks since boot
#   6 block read(block, buffer)     7 block write(block, buffer)     -> 0, or an error below 0
#   8 self() -> number, from 1
#   9 machine(block, storage), 10 run(steps) -> cause: a virtual machine of its own, see machines.s
#   11 read some(buffer, n): as read, but whatever is there, and without waiting
# In a container 6, 7, 9 and 10 are refused, and there are 12 to 19: files.s and containers.s.
        .include "../lib/calls.s"

        .ifndef CONTAINERS
        .equ CALLS, 12

calls:  .word exit, write, read, yield, sleep, time, block_read, block_write, self, make_machine, run_machine
        .word read_some
        .else
        .equ CALLS, 20

calls:  .word exit, write, read, yield, sleep, time, refuse, refuse, self, refuse, refuse, read_some
        .word open, change, remove, length, get, put, start_another, kill
        .endif

# ---- exit: the process ends ----------------------------------------------------------------------------------------
exit:   sw   r0, P_STATE(r12)
        push r1
        .ifdef CONTAINERS
        beqz r1, 1f
        call failed
1:
        .endif
        call name
        print " ends with "
        pop  r1
        call putd
        print "]\n"
        j    schedule

# ---- physical: r1 = the physical address of a buffer of r2 words at virtual address r1, or 0 if any of it lies outside
# the window. Two comparisons that cannot wrap: the machine's own view of storage does it the same way.
physical:
        lw   r3, P_BOUND(r12)
        bltu r3, r1, 1f
        sub  r3, r3, r1
        bltu r3, r2, 1f
        lw   r3, P_BASE(r12)
        add  r1, r1, r3
        ret
1:      set  r1, 0
        ret

refuse: set  r1, -1
        j    done

# ---- write: print n characters, at most 128 at a time, so that no process holds up the others for long -------------
write:  call physical
        beqz r1, refuse
        set  r3, 128
        bleu r2, r3, 1f
        mov  r2, r3
1:      mov  r4, r2
        .ifdef CONTAINERS
        call charge_text
        .endif
2:      beqz r4, 3f
        lw   r5, 0(r1)
        .ifndef CONTAINERS
        emit r5
        .else
        call say_own
        .endif
        addi r1, r1, 1
        addi r4, r4, -1
        j    2b
3:      emitted
        mov  r1, r2
        j    done

# ---- read: at most n characters, up to the end of a line and including it ------------------------------------------
read:   .ifdef CONTAINERS
        call hears              # or else all input is over
        .endif
        call physical
        beqz r1, refuse
        mov  r8, r1
        mov  r9, r2
        call console            # what a full ring has left in the device
        call readable
        bnez r1, read_in
        set  r1, READING
        j    block
read_in:
        set  r10, 0             # how many were read
2:      beq  r10, r9, 3f
        lw   r1, waiting(r0)
        beqz r1, 3f
        call take
        sw   r1, 0(r8)
        addi r8, r8, 1
        addi r10, r10, 1
        addi r1, r1, -'\n'
        bnez r1, 2b
3:      mov  r1, r10
        j    done

# ---- read some: the same, but refused if there is nothing yet -------------------------------------------------------
read_some:
        .ifdef CONTAINERS
        call hears
        .endif
        call physical
        beqz r1, refuse
        mov  r8, r1
        mov  r9, r2
        call console
        lw   r1, waiting(r0)
        lw   r2, over(r0)
        or   r1, r1, r2
        beqz r1, refuse
        j    read_in

# ---- yield, sleep: give way to the others --------------------------------------------------------------------------
# Both advance the saved pc before they leave, since they must not be repeated.
sleep:  lw   r2, now(r0)
        add  r1, r1, r2
        sw   r1, P_WAKE(r12)
        set  r1, SLEEPING
        sw   r1, P_STATE(r12)
yield:  sw   r0, P_R + 1(r12)
        lw   r1, P_PC(r12)
        addi r1, r1, 1
        sw   r1, P_PC(r12)
        j    schedule

time:   lw   r1, now(r0)
        j    done

self:   .ifndef CONTAINERS
        set  r1, processes
        .else
        lw   r1, P_CONTAINER(r12)
        lw   r1, C_FIRST(r1)
        .endif
        sub  r1, r12, r1
        set  r2, P_SIZE
        divu r1, r1, r2
        addi r1, r1, 1
        j    done

# ---- block read, block write: move a block between the disk and a buffer -------------------------------------------
# One transfer at a time. The process sleeps until the disk's interrupt; `disk` finishes its call then.
block_write:
        set  r8, DISK_WRITE
        j    transfer
block_read:
        set  r8, DISK_READ
        .ifndef QUEUED          # os/queue.s has it for several at a time
transfer:
        lw   r3, owner(r0)
        beqz r3, 1f
        set  r1, QUEUEING
        j    block
1:      mov  r9, r1             # the block
        mov  r1, r2
        set  r2, BLOCK
        call physical
        beqz r1, refuse
moves:  disk_size r4            # 0 if there is no disk
        bgeu r9, r4, refuse
        command                 # r8, for block r9 and address r1
        begun                   # the status into r1
        set  r3, DISK_BUSY
        beq  r1, r3, 2f
        neg  r1, r1             # over already, well or not
        j    done
2:      sw   r12, owner(r0)
        set  r1, MOVING
        j    block
        .else
        j    transfer
        .endif
