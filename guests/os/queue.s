# How the kernel moves blocks through a queue (docs/devices.md, Queue), with `--define QUEUED`: each process has a request
# of its own, so that all may have one under way. os/calls.s and os/devices.s have the same for one transfer at a time.
        .equ QUEUE, 15          # port: the address of the ring
        .equ Q_GIVEN, 1         # words of the ring
        .equ Q_BLOCKS, 3        # how many blocks the disk has
        .equ Q_SLOTS, 4
        .equ QUEUED_MOST, 16    # slots, a power of two; more than there are processes
        .equ Q_COMMAND, 0       # words of a request
        .equ Q_BLOCK, 1
        .equ Q_PIECES, 2
        .equ Q_STATUS, 3
        .equ Q_ADDRESS, 4       # its only piece
        .equ Q_WORDS, 5
        .equ Q_SIZE, 6

# transfer: command r8 for block r1 and the process's buffer r2. The process sleeps until its request has ended.
transfer:
        mov  r9, r1
        mov  r1, r2
        set  r2, BLOCK
        call physical
        beqz r1, refuse
        lw   r4, queue + Q_BLOCKS(r0)
        bgeu r9, r4, refuse     # 0 if there is no queue
        set  r4, requests
        set  r2, processes
1:      beq  r2, r12, 2f        # the process's own
        addi r2, r2, P_SIZE
        addi r4, r4, Q_SIZE
        j    1b
2:      sw   r8, Q_COMMAND(r4)
        sw   r9, Q_BLOCK(r4)
        set  r2, 1
        sw   r2, Q_PIECES(r4)
        set  r2, DISK_BUSY
        sw   r2, Q_STATUS(r4)
        sw   r1, Q_ADDRESS(r4)
        set  r2, BLOCK
        sw   r2, Q_WORDS(r4)
        lw   r3, queue + Q_GIVEN(r0)
        sw   r4, queue + Q_SLOTS(r3)
        addi r3, r3, 1
        andi r3, r3, QUEUED_MOST - 1
        sw   r3, queue + Q_GIVEN(r0)
        set  r1, queue
        set  r2, QUEUE
        out  r1, r2
        set  r1, MOVING
        j    block

# disk: requests have ended. The calls of all whose it was are finished here.
disk:   set  r2, processes
        set  r3, processes_end
        set  r4, requests
1:      lw   r1, P_STATE(r2)
        addi r1, r1, -MOVING
        bnez r1, 2f
        lw   r1, Q_STATUS(r4)
        set  r5, DISK_BUSY
        beq  r1, r5, 2f         # not yet
        neg  r1, r1             # 0, or an error as a negative number
        sw   r1, P_R + 1(r2)
        lw   r1, P_PC(r2)
        addi r1, r1, 1
        sw   r1, P_PC(r2)
        set  r1, READY
        sw   r1, P_STATE(r2)
2:      addi r2, r2, P_SIZE
        addi r4, r4, Q_SIZE
        bne  r2, r3, 1b
        ret

queue:  .word QUEUED_MOST, 0, 0, 0
        .space QUEUED_MOST
requests:
        .space PROCESSES * Q_SIZE
