# Containers: groups of processes that share the kernel and nothing else. A container has process numbers from 1 on, so
# many windows as it may have processes, files (files.s), lines of output that carry its name, and a number of steps
# after which it is ended. The machine calls of the plain kernel and its raw blocks are refused. Not its own are the
# time, the order in which it is served, and the kernel.
#
#   18 start(name, n) -> number   another process of this container, from a program among its files
#   19 kill(number)               end a process of this container

# ---- The disk: block 0 is the directory, the descriptors of the containers follow, two in a block -------------------
        .equ D_MAGIC, 0
        .equ D_CONTAINERS, 1    # how many there are
        .equ D_LAYERS, 2        # how many layers they are made of
        .equ D_LAYER, 8         # of each: the first block of its table, and how many files it has
        .equ MAGIC, 0x314e4f43  # "CON1"

# ---- A container's descriptor; from C_FIRST on it is the kernel's own ------------------------------------------------
        .equ C_NAME, 0          # three words of four characters
        .equ C_FLAGS, 3         # bit 0: it has what is typed
        .equ C_PROCESSES, 4     # at most so many at a time
        .equ C_WINDOW, 5        # words that each of them has
        .equ C_STEPS, 6         # after so many steps it is ended; 0 for never
        .equ C_BLOCK, 7         # its writable blocks: the first of them, and how many, 32 at most
        .equ C_BLOCKS, 8
        .equ C_FILES, 9         # how many files it may have changed
        .equ C_LAYERS, 10       # how many layers its image has, and which, the lowest first
        .equ C_LAYER, 11        # 0 to 7
        .equ C_COMMAND, 32      # the program of its first process: a name of 48 characters
        .equ C_FIRST, 44        # its processes' descriptors, and the end of them
        .equ C_END, 45
        .equ C_TABLE, 46        # its writable files
        .equ C_TAKEN, 47        # a bit for each of its writable blocks that is in use
        .equ C_USED, 48         # steps so far
        .equ C_LINE, 49         # the line that it has begun, and how many characters that has
        .equ C_HELD, 50
        .equ C_LOOK, 52         # steps that it is charged when a name is looked for
        .equ C_FAILED, 51       # how many of its processes were killed for a fault, or ended with another code than 0
        .equ C_SIZE, 64

        .equ P_CONTAINER, P_MACHINE     # nobody has a virtual machine here
        .equ ROOM, 120          # characters of a line

# ---- populate: read the disk and begin the first process of every container; in place of `boot` ----------------------
# r10 is the first free word of storage.
populate:
        set  r10, directory
        set  r9, 0
        call fetch
        lw   r2, directory + D_MAGIC(r0)
        li   r3, MAGIC
        sub  r2, r2, r3
        or   r1, r1, r2
        beqz r1, 1f
        sw   r0, directory + D_CONTAINERS(r0)   # no disk, or another one
        sw   r0, directory + D_LAYERS(r0)
1:      set  r11, directory + D_LAYER
        lw   r13, directory + D_LAYERS(r0)
2:      beqz r13, 4f
        lw   r9, 0(r11)         # the block of a layer's table becomes its place in storage
        lw   r12, 1(r11)
        sw   r10, 0(r11)
3:      blez r12, 5f
        call fetch
        addi r12, r12, -BLOCK / L_SIZE
        j    3b
5:      addi r11, r11, 2
        addi r13, r13, -1
        j    2b
4:      mov  r11, r10           # the first container
        sw   r11, contained(r0)
        lw   r13, directory + D_CONTAINERS(r0)
        set  r9, 1
        mov  r12, r13
6:      blez r12, 7f
        call fetch
        addi r12, r12, -2
        j    6b
7:      set  r12, processes
8:      beqz r13, 9f
        call contain
        addi r11, r11, C_SIZE
        addi r13, r13, -1
        j    8b
9:      print "[boot: "
        lw   r1, directory + D_CONTAINERS(r0)
        call putd
        print " containers]\n"
        set  r1, processes_end - P_SIZE         # the scheduler begins with the one behind the current one
        sw   r1, current(r0)
        j    booted

# fetch: read block r9 to r10 and wait for it; r1 = the disk's status. Both go on to the next.
fetch:  mov  r1, r10
        set  r8, DISK_READ
        set  r3, DISK_BLOCK
        command
1:      outcome
        addi r2, r1, -DISK_BUSY
        beqz r2, 1b
        addi r9, r9, 1
        addi r10, r10, BLOCK
        ret

# contain: give the container r11 its tables and windows, and its processes the descriptors from r12 on; r10 and r12 go
# on. Its first process begins, unless something does not fit: then the container has none.
contain:
        push ra
        sw   r12, C_FIRST(r11)
        sw   r12, C_END(r11)
        lw   r1, C_FILES(r11)
        slli r1, r1, 5          # F_SIZE
        sw   r10, C_TABLE(r11)
        add  r10, r10, r1
        sw   r10, C_LINE(r11)
        addi r10, r10, ROOM
        lw   r8, C_FILES(r11)   # all files that may have to be looked at
        lw   r3, C_LAYERS(r11)
5:      beqz r3, 6f
        add  r1, r11, r3
        lw   r1, C_LAYER - 1(r1)
        slli r1, r1, 1
        lw   r1, directory + D_LAYER + 1(r1)
        add  r8, r8, r1
        addi r3, r3, -1
        j    5b
6:      slli r8, r8, 4          # about what each takes
        sw   r8, C_LOOK(r11)
        lw   r8, C_PROCESSES(r11)
        lw   r9, C_WINDOW(r11)
        mul  r1, r8, r9
        add  r1, r10, r1
        rrel r2, r3
        bgtu r1, r3, cramped
        set  r1, P_SIZE
        mul  r1, r1, r8
        add  r1, r12, r1
        set  r2, processes_end
        bgtu r1, r2, cramped
1:      beqz r8, 2f
        sw   r11, P_CONTAINER(r12)
        sw   r10, P_BASE(r12)
        sw   r9, P_BOUND(r12)
        add  r10, r10, r9
        addi r12, r12, P_SIZE
        addi r8, r8, -1
        j    1b
2:      sw   r12, C_END(r11)
        set  r3, 0
3:      add  r1, r11, r3        # the command is looked up like any name
        lw   r1, C_COMMAND(r1)
        sw   r1, wanted(r3)
        addi r3, r3, 1
        addi r2, r3, -NAME
        bnez r2, 3b
        call look
        bltz r1, cramped
        push r12
        lw   r12, C_FIRST(r11)
        call bear
        pop  r12
        j    4f
cramped:
        set  r1, 1
        sw   r1, C_FAILED(r11)
        print "["
        call tag
        print " cannot begin]\n"
4:      pop  ra
        ret

# bear: the process r12 of container r11 begins with the program whose handle is r1. Its first instructions are a loader
# at the end of its window, which reads the program like any file.
bear:   lw   r2, P_BASE(r12)
        lw   r3, P_BOUND(r12)
        add  r2, r2, r3
        addi r3, r3, -LOADER
        sw   r3, P_PC(r12)
        addi r2, r2, -LOADER
        set  r3, 0
1:      lw   r4, loader(r3)
        add  r5, r2, r3
        sw   r4, 0(r5)
        addi r3, r3, 1
        addi r4, r3, -LOADER
        bnez r4, 1b
        addi r3, r12, P_R + 1
        addi r4, r12, P_R + 16
2:      sw   r0, 0(r3)
        addi r3, r3, 1
        bne  r3, r4, 2b
        sw   r1, P_R + 1(r12)
        lw   r3, P_BOUND(r12)
        sw   r3, P_R + 14(r12)
        set  r3, Mode.user | 2
        sw   r3, P_PSW(r12)
        set  r3, READY
        sw   r3, P_STATE(r12)
        ret

# loader: what a process begins with, as a user: it reads the file r1 to address 0 and goes there.
loader: mov  r8, r1
        svc  LENGTH
        addi r9, r1, 511        # characters, 512 in a block
        srli r9, r9, 9
        set  r10, 0
1:      beq  r10, r9, 2f
        mov  r1, r8
        mov  r2, r10
        slli r3, r10, 7
        svc  GET
        addi r10, r10, 1
        beqz r1, 1b
        set  r1, 127            # as shells have it
        svc  EXIT
2:      set  r8, 0
        set  r9, 0
        set  r10, 0
        set  r1, 0
        set  r2, 0
        set  r3, 0
        jr   r0
        .equ LOADER, . - loader # words; a window has them beside the whole blocks of its program

# ---- start, kill: other processes of one's own container ------------------------------------------------------------
start_another:
        lw   r11, P_CONTAINER(r12)
        call named
        beqz r1, refuse
        call look
        bltz r1, refuse
        lw   r8, C_FIRST(r11)
        lw   r9, C_END(r11)
1:      beq  r8, r9, refuse     # as many as it may have
        lw   r2, P_STATE(r8)
        beqz r2, 2f
        addi r8, r8, P_SIZE
        j    1b
2:      mov  r9, r12
        mov  r12, r8
        call bear
        mov  r12, r9
        lw   r1, C_FIRST(r11)
        sub  r1, r8, r1
        set  r2, P_SIZE
        divu r1, r1, r2
        addi r1, r1, 1
        j    done

kill:   lw   r11, P_CONTAINER(r12)
        lw   r2, C_PROCESSES(r11)
        addi r1, r1, -1
        bgeu r1, r2, refuse
        set  r2, P_SIZE
        mul  r1, r1, r2
        lw   r2, C_FIRST(r11)
        add  r8, r2, r1
        lw   r1, P_STATE(r8)
        beqz r1, refuse
        call end
        beq  r8, r12, schedule
        set  r1, 0
        j    done

# end: the process r8 is no more. A transfer that is under way for it ends for nobody.
end:    sw   r0, P_STATE(r8)
        lw   r1, owner(r0)
        bne  r1, r8, 1f
        set  r1, nobody
        sw   r1, owner(r0)
1:      ret
nobody: .space P_SIZE

# ---- charge: count the steps of the process that has trapped, and end its container when it has had its steps --------
# They are exact: the timer has lost as many from `began` on, less those of the kernel. It was at least 2 at every trap
# but the clock's, and has lost 1 when it is read in the second step after it: so 1 means that it was 2.
charge: lw   r11, P_CONTAINER(r12)
        lw   r1, CAUSE(r0)
        xori r1, r1, Cause.clock
        snez r1, r1
        lw   r2, TIMED(r0)
        add  r2, r2, r1
        lw   r1, began(r0)
        sub  r1, r1, r2
        addi r1, r1, -(left + 1 - resumed + 2)
        bgez r1, 1f
        set  r1, 0              # the clock's time had come before it could begin
1:      addi r1, r1, PRICE
        lw   r2, C_USED(r11)
        add  r2, r2, r1
        sw   r2, C_USED(r11)
        lw   r3, C_STEPS(r11)
        beqz r3, 2f
        bgtu r2, r3, exhausted
2:      ret
exhausted:
        call failed
        call finish
        print "["
        call tag
        print " has had its steps]\n"
        lw   r8, C_FIRST(r11)
3:      call end
        addi r8, r8, P_SIZE
        lw   r1, C_END(r11)
        bne  r8, r1, 3b
        j    schedule

# charge_text: and for r2 characters that it prints. Uses r3, r5 and r6.
charge_text:
        lw   r6, P_CONTAINER(r12)
        lw   r5, C_USED(r6)
        slli r3, r2, 5          # about what each takes
        add  r5, r5, r3
        sw   r5, C_USED(r6)
        ret

# failed: the process r12 has not done what it should. Uses r3 and r4.
failed: lw   r3, P_CONTAINER(r12)
        lw   r4, C_FAILED(r3)
        addi r4, r4, 1
        sw   r4, C_FAILED(r3)
        ret

began:  .word 0                 # the timer when a process was resumed
contained:
        .word 0                 # the descriptors of the containers
