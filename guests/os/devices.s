# The kernel's part that listens to the clock, the console and the disk. All of it runs with interrupts off.

# ---- tick: the clock has run down. Start it again, count the tick, wake sleepers whose time has come ---------------
# The clock trap stays as long as the timer is 1, so nothing may be forgotten less than this stim.
tick:   set  r1, TICK
        stim r1
        lw   r1, now(r0)
        addi r1, r1, 1
        sw   r1, now(r0)
        set  r2, processes
        set  r3, processes_end
        set  r4, SLEEPING
        set  r6, READY
1:      lw   r5, P_STATE(r2)
        bne  r5, r4, 2f
        lw   r5, P_WAKE(r2)
        bltu r1, r5, 2f
        sw   r6, P_STATE(r2)
2:      addi r2, r2, P_SIZE
        bne  r2, r3, 1b
        ret

# ---- devices: look after every device that wants attention ---------------------------------------------------------
# Pending bits are cleared before the devices are looked at. The other way round, what arrives in between would be lost.
devices:
        push ra
        push r8
        rpnd r8
        cpnd r8
        andi r1, r8, CONSOLE_BIT
        beqz r1, 1f
        call console
1:      andi r1, r8, DISK_BIT
        beqz r1, 2f
        call disk
2:      pop  r8
        pop  ra
        ret

# ---- console: move characters from the device into the ring, and wake readers if there is a line for them ----------
        .equ RING, 128          # words, a power of two
console:
        push ra
1:      character 3f            # is one there?
        lw   r3, waiting(r0)
        set  r4, RING
        beq  r3, r4, 4f         # full: the rest stays in the device until somebody reads
        accept                  # into r5
        lw   r6, first(r0)
        add  r6, r6, r3
        andi r6, r6, RING - 1
        sw   r5, ring(r6)
        addi r3, r3, 1
        sw   r3, waiting(r0)
        addi r5, r5, -'\n'
        bnez r5, 1b
        lw   r3, lines(r0)
        addi r3, r3, 1
        sw   r3, lines(r0)
        j    1b
3:      srli r2, r2, 1
        andi r2, r2, 1
        sw   r2, over(r0)
4:      call readable
        beqz r1, 5f
        set  r1, READING
        call wake
5:      pop  ra
        ret

# readable: r1 is not 0 if a read need not wait: a whole line is there, or the ring is full, or no more will come.
readable:
        lw   r1, waiting(r0)
        addi r1, r1, -RING
        seqz r1, r1
        lw   r2, lines(r0)
        or   r1, r1, r2
        lw   r2, over(r0)
        or   r1, r1, r2
        ret

# take: r1 = the next character of the ring, which must not be empty.
take:   lw   r2, first(r0)
        lw   r1, ring(r2)
        addi r2, r2, 1
        andi r2, r2, RING - 1
        sw   r2, first(r0)
        lw   r2, waiting(r0)
        addi r2, r2, -1
        sw   r2, waiting(r0)
        addi r2, r1, -'\n'
        bnez r2, 1f
        lw   r2, lines(r0)
        addi r2, r2, -1
        sw   r2, lines(r0)
1:      ret

first:  .word 0                 # index of the oldest character in the ring
waiting:
        .word 0                 # how many there are
lines:  .word 0                 # how many of them end a line
over:   .word 0                 # 1 when no more will come
ring:   .space RING

        .ifndef QUEUED          # os/queue.s has it for several at a time
# ---- disk: a transfer has ended. Its owner's call is finished here; then those may try who waited for the disk -----
disk:   lw   r2, owner(r0)
        beqz r2, 1f             # an interrupt that nobody waits for
        outcome                 # into r1
        set  r3, DISK_BUSY
        beq  r1, r3, 1f         # not yet
        neg  r1, r1             # 0, or an error as a negative number
        sw   r1, P_R + 1(r2)
        lw   r1, P_PC(r2)
        addi r1, r1, 1
        sw   r1, P_PC(r2)
        set  r1, READY
        sw   r1, P_STATE(r2)
        sw   r0, owner(r0)
        set  r1, QUEUEING
        j    wake
1:      ret

owner:  .word 0                 # the descriptor of the process whose transfer is under way, or 0
        .endif
