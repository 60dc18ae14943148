# Boot: read the directory on the disk, give each guest what it says, and begin. And the end, when no guest is left.

# ---- The directory, which is block 0 of the disk (docs/monitors-in-assembly.md) -----------------------------------------
        .equ D_MAGIC, 0
        .equ D_SUM, 1           # over the words behind it
        .equ D_BLOCKS, 2        # how many blocks are in use
        .equ D_COUNT, 3         # how many guests there are
        .equ D_ENTRIES, 4       # one behind the other
        .equ MAGIC, 0x314d4d56  # "VMM1"
# An entry
        .equ E_NAME, 0          # three words
        .equ E_SIZE, 3          # words of its window
        .equ E_SHARE, 4         # steps of its turn
        .equ E_FLAGS, 5
        .equ HAS_CONSOLE, 1
        .equ E_IMAGE, 6         # first block of its program, which is loaded at 0 of its window
        .equ E_LENGTH, 7        # blocks of that
        .equ E_SUM, 8           # over the words of that
        .equ E_ENTRY, 9         # where it begins
        .equ E_LETTERS, 10      # characters that are typed for it, one in each word of the blocks behind its program
        .equ E_DISK, 11         # first block of its disk
        .equ E_BLOCKS, 12       # blocks of that
        .equ E_SEED, 13         # of its random source, low word first
        .equ E_WORDS, 15
        .equ LEAST, 16          # words that a window must have: for the trap area
        .equ MOST_LETTERS, 1 << 24

# ---- start --------------------------------------------------------------------------------------------------------------
start:  set  sp, stack
        rrel r1, r2             # nothing has relocated us: the bound is the size of storage
        sw   r2, storage_end(r0)
        set  r1, DISK_BLOCK
        in   r8, r1             # how many blocks there are
        beqz r8, no_disk
        set  r1, directory
        set  r2, 0
        set  r3, DISK_READ
        call transfer
        bnez r1, no_reading
        lw   r1, directory + D_MAGIC(r0)
        li   r2, MAGIC
        bne  r1, r2, no_directory
        set  r1, directory + D_BLOCKS
        set  r2, directory + BLOCK
        call sum
        lw   r2, directory + D_SUM(r0)
        bne  r1, r2, damaged
        lw   r1, directory + D_COUNT(r0)
        beqz r1, no_guests
        sltiu r2, r1, VMS + 1
        beqz r2, too_many
        sw   r1, vm_count(r0)
        lw   r1, directory + D_BLOCKS(r0)
        bltu r8, r1, cut
        set  r9, directory + D_ENTRIES
        set  r10, 0             # the guest's number
1:      call make
        addi r9, r9, E_WORDS
        addi r10, r10, 1
        lw   r1, vm_count(r0)
        bne  r10, r1, 1b
        set  r2, vms
        j    turn

# sum: r1 = a sum over the words from r1 to r2, each of which counts by its place. Uses r3 to r5.
sum:    set  r3, 0
        set  r4, 31
1:      beq  r1, r2, 2f
        mul  r3, r3, r4
        lw   r5, 0(r1)
        add  r3, r3, r5
        addi r1, r1, 1
        j    1b
2:      mov  r1, r3
        ret

# ---- make: the guest of the entry at r9, with number r10: its block, its window, its program ------------------------------
# It is made where the current one lies, and put away.
make:   push ra
        set  r1, vm
        set  r2, vm + VM_WORDS
1:      sw   r0, 0(r1)
        addi r1, r1, 1
        bne  r1, r2, 1b
        sw   r10, vm + VM_NUMBER(r0)
        set  r1, 1
        sw   r1, vm + VM_LIVE(r0)
        lw   r1, E_NAME(r9)
        sw   r1, vm + VM_NAME(r0)
        lw   r1, E_NAME + 1(r9)
        sw   r1, vm + VM_NAME + 1(r0)
        lw   r1, E_NAME + 2(r9)
        sw   r1, vm + VM_NAME + 2(r0)
        lw   r1, E_SHARE(r9)
        sw   r1, vm + VM_SHARE(r0)
        beqz r1, bad_entry
        li   r2, LONGEST
        bltu r2, r1, bad_entry

        lw   r1, E_SIZE(r9)
        sltiu r2, r1, LEAST
        bnez r2, bad_entry
        sw   r1, vm + VM_SIZE(r0)
        sw   r1, vm + VM_BOUND(r0)      # as after reset, which leaves everything else at 0
        call allocate
        beqz r1, no_room
        sw   r1, vm + VM_WINDOW(r0)
        lw   r1, E_ENTRY(r9)
        sw   r1, vm + VM_PC(r0)
        lw   r1, E_SEED(r9)
        sw   r1, vm + VM_RANDOM(r0)
        lw   r1, E_SEED + 1(r9)
        sw   r1, vm + VM_RANDOM + 1(r0)

        lw   r1, E_DISK(r9)
        sw   r1, vm + VM_FIRST(r0)
        lw   r2, E_BLOCKS(r9)
        sw   r2, vm + VM_BLOCKS(r0)
        call within
        call program
        lw   r1, E_FLAGS(r9)
        andi r1, r1, HAS_CONSOLE
        sw   r1, vm + VM_CONSOLE(r0)
        bnez r1, 2f
        call text
        j    3f
2:      call ring
3:      mov  r1, r10
        call block
        mov  r3, r2
        set  r2, vm
        call copy
        pop  ra
        ret

# within: the r2 blocks from r1 on must all be in use.
within: lw   r3, directory + D_BLOCKS(r0)
        bltu r3, r1, bad_entry
        sub  r3, r3, r1
        bltu r3, r2, bad_entry
        ret

# load: r2 blocks from block r1 on into storage from r13 on; r13 is the end of them then.
load:   push ra
        mov  r12, r1
        mov  r11, r2
        call within
1:      beqz r11, 2f
        mov  r1, r13
        mov  r2, r12
        set  r3, DISK_READ
        call transfer
        bnez r1, no_reading
        addi r11, r11, -1
        addi r12, r12, 1
        addi r13, r13, BLOCK
        j    1b
2:      pop  ra
        ret

# program: the program of the entry at r9 into the window, which must be large enough for it.
program:
        push ra
        lw   r2, E_LENGTH(r9)
        lw   r1, vm + VM_SIZE(r0)
        addi r1, r1, BLOCK - 1
        srli r1, r1, 7          # whole blocks of it
        bltu r1, r2, no_fit
        lw   r1, E_IMAGE(r9)
        lw   r13, vm + VM_WINDOW(r0)
        call load
        lw   r1, vm + VM_WINDOW(r0)
        mov  r2, r13
        call sum
        lw   r2, E_SUM(r9)
        bne  r1, r2, bad_image
        pop  ra
        ret

# text: the characters of the entry at r9, which lie behind its program.
text:   push ra
        lw   r1, E_LETTERS(r9)
        beqz r1, 1f             # an input that is empty has ended from the beginning
        li   r2, MOST_LETTERS
        bltu r2, r1, bad_entry
        sw   r1, vm + VM_LETTERS(r0)
        set  r2, 1
        sw   r2, vm + VM_LISTENING(r0)
        set  r2, NEVER
        sw   r2, vm + VM_MASK(r0)
        call allocate
        beqz r1, no_room
        sw   r1, vm + VM_TEXT(r0)
        mov  r13, r1
        lw   r1, E_IMAGE(r9)
        lw   r2, E_LENGTH(r9)
        add  r1, r1, r2
        lw   r2, E_LETTERS(r9)
        addi r2, r2, BLOCK - 1
        srli r2, r2, 7
        call load
1:      pop  ra
        ret

# ring: room for the characters of our own console.
ring:   push ra
        set  r1, RING
        call allocate
        beqz r1, no_room
        sw   r1, vm + VM_TEXT(r0)
        set  r1, RING - 1
        sw   r1, vm + VM_MASK(r0)
        set  r1, CONSOLE_STATUS
        in   r1, r1
        addi r1, r1, -OVER
        snez r1, r1
        sw   r1, vm + VM_LISTENING(r0)
        pop  ra
        ret

# ---- halted, stuck: the current guest has ended, or waits for what can never come ----------------------------------------
halted: sw   r0, vm + VM_LIVE(r0)
        call rest
        print "["
        call put_name
        print " halts with "
        lw   r1, vm + VM_X + 1(r0)
        bnez r1, 1f
        lw   r2, well(r0)
        addi r2, r2, 1
        sw   r2, well(r0)
1:      call putd
        print "]\n"
        j    schedule

stuck:  sw   r0, vm + VM_LIVE(r0)
        call rest
        print "["
        call put_name
        print " waits for ever]\n"
        j    schedule

# finish: all have ended. The exit code is 0 if all are well.
finish: print "[vmm: "
        lw   r1, well(r0)
        call putd
        print " of "
        lw   r1, vm_count(r0)
        call putd
        print " ended well]\n"
        lw   r1, well(r0)
        lw   r2, vm_count(r0)
        xor  r1, r1, r2
        snez r1, r1
        halt

well:   .word 0                 # guests that have halted with exit code 0

# ---- What can be wrong with a disk -----------------------------------------------------------------------------------------
# refuse "text": say why we do not begin, and halt. refuse_it: the same, of the guest of the current entry.
.macro refuse text
        print \text
        j    refused
.endm
.macro refuse_it text
        print "[vmm: "
        call put_name
        refuse \text
.endm
no_disk:
        refuse "[vmm: no disk; `trapline vmm pack` writes one]\n"
no_reading:
        refuse "[vmm: the disk cannot be read]\n"
no_directory:
        refuse "[vmm: there is no directory on the disk; `trapline vmm pack` writes one]\n"
damaged:
        refuse "[vmm: the directory on the disk is damaged]\n"
cut:    refuse "[vmm: the disk has been cut short]\n"
no_guests:
        refuse "[vmm: there are no guests on the disk]\n"
too_many:
        refuse "[vmm: there are more guests on the disk than there can be]\n"
bad_entry:
        refuse_it " has an entry in the directory that cannot be]\n"
bad_image:
        refuse_it " is damaged on the disk]\n"
no_fit: refuse_it " does not fit into its window]\n"
no_room:
        refuse_it " does not fit into storage]\n"
refused:
        set  r1, 2
        halt

directory:
        .space BLOCK
