# Where the machine comes from: the first of the directory that `trapline vmm pack` writes to the disk. The monitor's
# buffers stand here as well.

# ---- The directory is block 0 of the disk: docs/monitors-in-assembly.md --------------------------------------------
        .equ D_MAGIC, 0
        .equ D_SUM, 1           # over the words behind it
        .equ D_BLOCKS, 2        # how many blocks of the disk are in use
        .equ D_COUNT, 3         # how many machines there are
        .equ D_ENTRIES, 4
        .equ MAGIC, 0x314d4d56  # "VMM1"
        .equ E_NAME, D_ENTRIES + 0      # of the first: three words of four characters
        .equ E_SIZE, D_ENTRIES + 3      # words of storage
        .equ E_FLAGS, D_ENTRIES + 5     # bit 0: the console's input is its
        .equ E_IMAGE, D_ENTRIES + 6     # where its program is, how many blocks, and the sum over them
        .equ E_LENGTH, D_ENTRIES + 7
        .equ E_SUM, D_ENTRIES + 8
        .equ E_ENTRY, D_ENTRIES + 9     # where it begins
        .equ E_LETTERS, D_ENTRIES + 10  # characters that are typed for it, in the blocks behind its program
        .equ E_DISK, D_ENTRIES + 11     # where its disk is, and how many blocks it has
        .equ E_BLOCKS, D_ENTRIES + 12
        .equ E_SEED, D_ENTRIES + 13     # of its random source, low word first
        .equ LEAST, 16          # words that a machine must have: for the trap area

# ---- load: fill in the block and the storage of the machine --------------------------------------------------------
# The stack pointer is where the kernel has put it, at the end of the window: that is how much there is.
load:   mov  r13, sp
        set  sp, STORAGE
        push ra
        set  r1, 0
        la   r2, directory
        svc  BLOCK_READ
        bltz r1, no_disk
        lw   r1, directory + D_MAGIC - HOME(r0)
        li   r2, MAGIC
        bne  r1, r2, no_directory
        la   r1, directory + D_BLOCKS
        la   r2, directory + BLOCK
        call sum
        lw   r2, directory + D_SUM - HOME(r0)
        bne  r1, r2, damaged
        lw   r1, directory + D_COUNT - HOME(r0)
        beqz r1, damaged
        lw   r1, directory + D_BLOCKS - HOME(r0)
        addi r1, r1, -1
        la   r2, characters     # whatever is in the last of them, it must be there
        svc  BLOCK_READ
        bltz r1, cut_short
        lw   r1, directory + E_SIZE - HOME(r0)
        sltiu r2, r1, LEAST
        bnez r2, damaged
        addi r2, r13, -STORAGE
        bgtu r1, r2, no_room
        sw   r1, BLOCK_AT + VM_SIZE(r0)
        sw   r1, BLOCK_AT + VM_BOUND(r0)
        lw   r1, directory + E_ENTRY - HOME(r0)
        sw   r1, BLOCK_AT + VM_PC(r0)
        lw   r1, directory + E_FLAGS - HOME(r0)
        andi r1, r1, 1
        sw   r1, console_given - HOME(r0)
        lw   r1, directory + E_LETTERS - HOME(r0)
        sw   r1, letters - HOME(r0)
        lw   r1, directory + E_IMAGE - HOME(r0)
        lw   r2, directory + E_LENGTH - HOME(r0)
        add  r1, r1, r2
        sw   r1, text_block - HOME(r0)
        lw   r1, directory + E_SEED - HOME(r0)
        sw   r1, seed - HOME(r0)
        lw   r1, directory + E_SEED + 1 - HOME(r0)
        sw   r1, seed + 1 - HOME(r0)
        lw   r1, directory + E_DISK - HOME(r0)
        sw   r1, first_block - HOME(r0)
        lw   r1, directory + E_BLOCKS - HOME(r0)
        sw   r1, blocks - HOME(r0)
        call load_program
        call load_name
        pop  ra
        ret

# load_program: its blocks, one behind the other, from word 0 of the storage on. They must fit in whole.
load_program:
        push ra
        lw   r8, directory + E_IMAGE - HOME(r0)
        lw   r9, directory + E_LENGTH - HOME(r0)
        addi r1, r13, -STORAGE
        srli r1, r1, 7          # whole blocks of storage
        bltu r1, r9, no_room
        set  r10, STORAGE
1:      beqz r9, 2f
        mov  r1, r8
        mov  r2, r10
        svc  BLOCK_READ
        bltz r1, damaged
        addi r8, r8, 1
        addi r9, r9, -1
        addi r10, r10, BLOCK
        b    1b
2:      set  r1, STORAGE
        mov  r2, r10
        call sum
        lw   r2, directory + E_SUM - HOME(r0)
        bne  r1, r2, damaged
        pop  ra
        ret

# load_name: the name and "| " at the beginning of every line. Uses r1 to r5.
load_name:
        set  r2, 0              # of its twelve characters
        set  r4, 12
1:      srli r3, r2, 2
        lw   r1, directory + E_NAME - HOME(r3)
        andi r3, r2, 3
        slli r3, r3, 3
        srl  r1, r1, r3
        andi r1, r1, 0xff
        beqz r1, 2f
        sw   r1, words - HOME(r2)
        addi r2, r2, 1
        bne  r2, r4, 1b
2:      set  r1, '|'
        sw   r1, words - HOME(r2)
        set  r1, ' '
        sw   r1, words + 1 - HOME(r2)
        addi r2, r2, 2
        sw   r2, margin - HOME(r0)
        sw   r2, column - HOME(r0)
        ret

# sum: r1 = a sum over the words from r1 to r2, each of which counts by its place. Uses r3 to r5.
sum:    set  r3, 0
        set  r4, 31
1:      beq  r1, r2, 2f
        mul  r3, r3, r4
        lw   r5, 0(r1)
        add  r3, r3, r5
        addi r1, r1, 1
        b    1b
2:      mov  r1, r3
        ret

# ---- What can be wrong with the disk -------------------------------------------------------------------------------
no_disk:
        say  "monitor: there is no disk"
        leave 1
no_directory:
        say  "monitor: no machine on the disk; `trapline vmm pack` writes one"
        leave 1
damaged:
        say  "monitor: the machine on the disk is damaged"
        leave 1
cut_short:
        say  "monitor: the disk has been cut short"
        leave 1
no_room:
        say  "monitor: the machine does not fit into this window"
        leave 1

# ---- Buffers -------------------------------------------------------------------------------------------------------
directory:
        .space BLOCK
characters:
        .space KEPT             # of input, that wait for the machine
typed:  .space TYPED            # the piece of which they are
