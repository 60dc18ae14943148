# A small operating system: six processes in relocation windows of their own, pre-empted by the clock and scheduled
# round-robin; twelve system calls; interrupt-driven console input and disk; a process that misbehaves is killed while
# the others go on. It runs without a disk and without input as well. The kernel is this file and os/devices.s,
# os/calls.s, os/faults.s and os/machines.s; the user programs are the other files in os/. The same kernel with other
# programs is hosted.s, and containers.s has those of containers. With `--define PARAVIRTUAL` it knows that it is
# virtual, and spares its monitor exits: os/rings.s. With `--define QUEUED`, and `--queue`, its processes move blocks at
# the same time: os/queue.s.
#
# Reading order: the map below, `boot`, `trap`, `resume`, `schedule`; then os/devices.s, os/calls.s and a user program;
# and os/machines.s, by which a process has a virtual machine of its own.
#
# machine: g3
# input: good morning
# input: operating system
# prints: [boot: 6 processes]
# prints: polite: I am process 6
# prints: rogue: refused twice, now by force
# prints: GOOD MORNING
# prints: [process 5 killed: address out of bounds, info 00000400]
# prints: OPERATING SYSTEM
# prints: polite: after you
# prints: polite: after you
# prints: echo: end of input
# prints: primes: 25 below 100
# prints: [process 1 ends with 0]
# prints: [process 3 ends with 0]
# prints: polite: after you
# prints: [process 6 ends with 0]
# prints: scribe: a block written and read back
# prints: ticker: nap 1
# prints: [process 4 ends with 0]
# prints: ticker: nap 2
# prints: ticker: nap 3
# prints: [process 2 ends with 0]
# prints: [all processes have ended]
# exit: r1 = 0
# steps: 200000
# storage: 16384
# disk: 8

        .include "lib/macros.s"

# ---- The map of storage, in words ----------------------------------------------------------------------------------
#
#      0 ..    15   trap area (see `trapline machines g3 --manual`)
#     16 ..  4095   kernel: code, tables, stack
#   4096 .. 10239   six windows of 1024 words, one for each process
        .ifndef PROCESSES       # hosted.s and containers.s say all this themselves
        .equ WINDOWS, 4096
        .equ WINDOW, 1024
        .equ PROCESSES, 6
        .equ OWN_PROGRAMS, 1

        .equ TICK, 500          # steps from one clock trap to the next: the quantum, and the unit of time

# ---- How much three of the processes do: a larger system is the same one with other values here ---------------------
        .equ PRIMES_BELOW, 100
        .equ YIELDS, 1          # before each line that `polite` writes
        .equ NAP, 15            # ticks that `ticker` sleeps
        .endif

# ---- Devices -------------------------------------------------------------------------------------------------------
        .equ CONSOLE, 0         # port: receive and send a character
        .equ CONSOLE_STATUS, 1  # port: bit 0, a character waits; bit 1, no more will come
        .equ CONSOLE_BIT, 1     # its bit among the pending interrupts
        .equ DISK_ADDRESS, 2    # port: where in storage
        .equ DISK_BLOCK, 3      # port: which block; receive: how many there are, 0 without a disk
        .equ DISK_COMMAND, 4    # port: 1 reads, 2 writes; receive: status
        .ifdef QUEUED
        .equ DISK_BIT, 1 << 15  # that of the queue
        .else
        .ifndef PARAVIRTUAL
        .equ DISK_BIT, 4
        .else
        .equ DISK_BIT, 64       # that of the rings
        .endif
        .endif
        .equ DISK_READ, 1
        .equ DISK_WRITE, 2
        .equ DISK_BUSY, 1       # a status; 0 is done, others are errors
        .equ BLOCK, 128         # words in a block

# ---- What traps store, at 0; 6, 7 and 12 to 15 are scratch that needs no register to reach --------------------------
        .equ SAVED_PC, 0
        .equ SAVED_PSW, 1
        .equ SAVED_BASE, 2
        .equ SAVED_BOUND, 3
        .equ CAUSE, 4
        .equ INFO, 5
        .equ SCRATCH, 6
        .equ TIMED, 7           # os/machines.s: what the clock said
        .equ VECTOR, 8          # four words that a trap loads
        .equ STATUS, 12         # four words for lpsw

# ---- A process descriptor ------------------------------------------------------------------------------------------
        .equ P_PC, 0            # the status, in the order that lpsw loads
        .equ P_PSW, 1
        .equ P_BASE, 2
        .equ P_BOUND, 3
        .equ P_STATE, 4         # one of those below
        .equ P_WAKE, 5          # while sleeping: the tick to wake at
        .equ P_R, 5             # P_R + n is register n, from 1 to 15
        .equ P_MACHINE, 21      # the block of its virtual machine, a physical address; 0 for none
        .equ P_WINDOW, 22       # the first word of that machine's storage, a physical address, and how many it has
        .equ P_WORDS, 23
        .equ P_SIZE, 24

        .equ DEAD, 0            # states
        .equ READY, 1
        .equ SLEEPING, 2
        .equ READING, 3         # waits for a line of input
        .equ QUEUEING, 4        # waits for somebody else's disk transfer to end
        .equ MOVING, 5          # waits for its own

# ---- The trap vector: every trap enters the kernel at `trap`, as supervisor, interrupts off, not relocated ---------
        .org VECTOR
        .word trap, Mode.supervisor, 0, 0xffffffff

# ---- boot: fill the process table, start the clock, run the first process ------------------------------------------
# Interrupts stay off as long as the kernel runs. What happens meanwhile stays pending and traps as soon as a process
# runs, or is looked for when there is none to run.
        .org 16
start:  set  sp, stack
        .ifdef CONTAINERS
        j    populate           # os/containers.s
        .else
        set  r12, processes
        set  r2, WINDOWS
        set  r3, WINDOW
        set  r4, Mode.user | 2  # 2 enables interrupts
        set  r5, READY
        set  r6, processes_end
1:      sw   r0, P_PC(r12)      # every program begins at the first word of its window
        sw   r4, P_PSW(r12)
        sw   r2, P_BASE(r12)
        sw   r3, P_BOUND(r12)
        sw   r5, P_STATE(r12)
        sw   r3, P_R + 14(r12)  # its stack grows down from the end of the window
        add  r2, r2, r3
        addi r12, r12, P_SIZE
        blt  r12, r6, 1b
        .ifdef HOSTED           # the last process has the rest of storage
        rrel r1, r3             # nothing has relocated us: the bound is all of it
        lw   r2, P_BASE - P_SIZE(r12)
        sub  r3, r3, r2
        sw   r3, P_BOUND - P_SIZE(r12)
        sw   r3, P_R + 14 - P_SIZE(r12)
        .endif
        addi r12, r12, -P_SIZE  # the scheduler begins with the one behind the current one: the first
        sw   r12, current(r0)
        print "[boot: "
        set  r1, PROCESSES
        call putd
        print " processes]\n"
        .endif
booted: .ifdef PARAVIRTUAL
        set  r1, DISK_BLOCK
        in   r1, r1
        sw   r1, blocks(r0)
        .endif
        .ifdef QUEUED
        set  r1, queue
        set  r2, QUEUE
        out  r1, r2             # it tells how many blocks there are
        .endif
        set  r1, TICK
        stim r1
        j    schedule

# ---- trap: save the interrupted process and find out what happened -------------------------------------------------
# In the kernel r12 is the descriptor of the current process, from here on to `resume`. Subroutines leave r8 to r13.
trap:   sw   r12, SCRATCH(r0)   # no register is free yet, but r0 reaches the first words of storage
        .ifdef CONTAINERS
        rtim r12
        sw   r12, TIMED(r0)
        .endif
        lw   r12, SAVED_PSW(r0)
        andi r12, r12, Mode.user
        beqz r12, panic         # the kernel itself must not trap
        lw   r12, current(r0)
        sw   r1, P_R + 1(r12)
        sw   r2, P_R + 2(r12)
        sw   r3, P_R + 3(r12)
        sw   r4, P_R + 4(r12)
        sw   r5, P_R + 5(r12)
        sw   r6, P_R + 6(r12)
        sw   r7, P_R + 7(r12)
        .ifndef FORGET_R8       # a mistake to be found: docs/debug.md
        sw   r8, P_R + 8(r12)
        .endif
        sw   r9, P_R + 9(r12)
        sw   r10, P_R + 10(r12)
        sw   r11, P_R + 11(r12)
        lw   r1, SCRATCH(r0)
        sw   r1, P_R + 12(r12)
        sw   r13, P_R + 13(r12)
        sw   r14, P_R + 14(r12)
        sw   r15, P_R + 15(r12)
        lw   r1, SAVED_PC(r0)
        sw   r1, P_PC(r12)
        lw   r1, SAVED_PSW(r0)
        sw   r1, P_PSW(r12)
        lw   r1, SAVED_BASE(r0)
        sw   r1, P_BASE(r12)
        lw   r1, SAVED_BOUND(r0)
        sw   r1, P_BOUND(r12)
        set  sp, stack          # the kernel's own; nothing on it outlives a trap
        .ifdef CONTAINERS
        call charge
        .endif
        lw   r1, CAUSE(r0)
        lw   r2, INFO(r0)
        lw   r3, causes(r1)
        jr   r3

causes: .word panic, fault, fault, fault, call_kernel, clock, device

clock:  call tick
        j    schedule           # the process has had its share

device: call devices
        j    resume             # the process goes on; whom this has woken waits for its turn

# call_kernel: the system call with number r2, arguments in the process's r1 and r2. It ends in `done`, which returns
# r1, or in `block`, or in `schedule`.
call_kernel:
        sltiu r3, r2, CALLS
        beqz r3, fault
        lw   r3, calls(r2)
        lw   r1, P_R + 1(r12)
        lw   r2, P_R + 2(r12)
        jr   r3

# done: the call is finished with result r1. The saved pc is that of the svc itself, so the process goes on behind it.
done:   sw   r1, P_R + 1(r12)
        lw   r1, P_PC(r12)
        addi r1, r1, 1
        sw   r1, P_PC(r12)
        # and on with the process

# ---- resume: load the process r12 and leave the kernel -------------------------------------------------------------
resume: sw   r12, current(r0)
        .ifdef CONTAINERS
        rtim r1
        sw   r1, began(r0)
        .endif
resumed:
        lw   r1, P_PC(r12)      # lpsw comes last, when no register is free: it takes the status from fixed words
        sw   r1, STATUS(r0)
        lw   r1, P_PSW(r12)
        sw   r1, STATUS + 1(r0)
        lw   r1, P_BASE(r12)
        sw   r1, STATUS + 2(r0)
        lw   r1, P_BOUND(r12)
        sw   r1, STATUS + 3(r0)
        lw   r1, P_R + 1(r12)
        lw   r2, P_R + 2(r12)
        lw   r3, P_R + 3(r12)
        lw   r4, P_R + 4(r12)
        lw   r5, P_R + 5(r12)
        lw   r6, P_R + 6(r12)
        lw   r7, P_R + 7(r12)
        lw   r8, P_R + 8(r12)
        lw   r9, P_R + 9(r12)
        lw   r10, P_R + 10(r12)
        lw   r11, P_R + 11(r12)
        lw   r13, P_R + 13(r12)
        lw   r14, P_R + 14(r12)
        lw   r15, P_R + 15(r12)
        lw   r12, P_R + 12(r12)
left:   lpsw STATUS(r0)

# ---- schedule: the next ready process behind the current one -------------------------------------------------------
# block: as `schedule`, but first put the current process into the state r1. Its saved pc is still that of the svc, so
# when somebody makes it ready again it repeats the call from the beginning. That makes every wake-up a mere hint.
block:  sw   r1, P_STATE(r12)
schedule:
        lw   r12, current(r0)
        set  r1, PROCESSES      # how many to look at
        set  r2, DEAD           # all states seen, or-ed: DEAD is 0
        set  r3, processes_end
        set  r4, READY
1:      addi r12, r12, P_SIZE
        bne  r12, r3, 2f
        set  r12, processes
2:      lw   r5, P_STATE(r12)
        beq  r5, r4, resume
        or   r2, r2, r5
        addi r1, r1, -1
        bnez r1, 1b
        beqz r2, shutdown

# All wait. Idle with interrupts off and look at what woke us afterwards: if they were on, an interrupt that came after
# the search above and before the idle would be handled, and then we would wait for it.
        idle
        call devices
        rtim r1
        addi r1, r1, -1
        bnez r1, schedule       # 1 is the timer's way of saying that it is time
        call tick
        j    schedule

shutdown:
        print "[all processes have ended]\n"
        set  r1, 0
        halt

# wake: make every process in state r1 ready.
wake:   set  r2, processes
        set  r3, processes_end
        set  r4, READY
1:      lw   r5, P_STATE(r2)
        bne  r5, r1, 2f
        sw   r4, P_STATE(r2)
2:      addi r2, r2, P_SIZE
        bne  r2, r3, 1b
        ret

        .ifdef PARAVIRTUAL
        .include "os/rings.s"
        .else
        .include "lib/console.s"
        .include "os/ports.s"
        .endif
        .ifdef QUEUED
        .include "os/queue.s"
        .endif
        .include "os/devices.s"
        .include "os/calls.s"
        .include "os/faults.s"
        .ifndef CONTAINERS
        .include "os/machines.s"
        .else
        .include "os/containers.s"
        .include "os/lines.s"
        .include "os/files.s"
        .endif

# ---- The kernel's data ---------------------------------------------------------------------------------------------
current:
        .word 0                 # the descriptor of the process that runs or has run last
now:    .word 0                 # clock ticks since boot
processes:
        .space PROCESSES * P_SIZE
processes_end:
        .space 64
stack:

# ---- The user programs. Each is assembled where its window lies, but runs at virtual address 0, so it reaches its own
# words pc-relatively (`la`, `call`, `b`) and never by an absolute label. ---------------------------------------------
        .include "lib/user.s"
        .ifdef OWN_PROGRAMS
        .org WINDOWS
        .include "os/echo.s"
        .org WINDOWS + WINDOW
        .include "os/ticker.s"
        .org WINDOWS + 2 * WINDOW
        .include "os/primes.s"
        .org WINDOWS + 3 * WINDOW
        .include "os/scribe.s"
        .org WINDOWS + 4 * WINDOW
        .include "os/rogue.s"
        .org WINDOWS + 5 * WINDOW
        .include "os/polite.s"
        .endif
