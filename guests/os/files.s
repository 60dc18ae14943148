# The files of a container: the layers of its image, which nobody can write, and above them a writable layer of its own.
# A name is of 1 to 48 characters. What is changed is copied block by block when it is written; a file that is removed
# hides what the layers have. The writable layer lives as long as the kernel.
#
#   12 open(name, n) -> handle            to read
#   13 change(name, n) -> handle          to read and write: the image's file as it is, or a new one that is empty
#   14 remove(name, n) -> 0
#   15 length(handle) -> characters, four in a word
#   16 get(handle, block, buffer) -> 0    a block of 128 words, or an error below 0
#   17 put(handle, block, buffer, length) -> 0    the file has so many characters then, if it had less
#
# A handle is a number that anybody may make up: the layer, from 1, or 0 for the writable one, and which file of it. So
# it is looked at anew by every call, and there is nothing to close.

        .equ NAME, 12           # words of a name, four characters each

# ---- A file of a layer; a table has eight in a block -----------------------------------------------------------------
        .equ L_FIRST, 12        # its first block; below 0: what lower layers have of this name is hidden
        .equ L_LENGTH, 13       # characters
        .equ L_SIZE, 16

# ---- A file of the writable layer ------------------------------------------------------------------------------------
        .equ F_STATE, 12        # 0 free, 1 a file, 2 hides what the layers have
        .equ F_LENGTH, 13
        .equ F_MAP, 16          # where each of its blocks is: an own one, or one of a layer; 0 for none
        .equ F_MOST, 16         # blocks
        .equ F_SIZE, 32

wanted: .space NAME             # the name that is looked for

# ---- named: put the name of r2 characters at virtual address r1 into `wanted`; r1 = 0 if it is refused ---------------
# Container r11 is charged for the search, so that it cannot have the kernel work for nothing.
named:  push ra
        lw   r3, C_LOOK(r11)
        lw   r4, C_USED(r11)
        add  r4, r4, r3
        sw   r4, C_USED(r11)
        call physical
        beqz r1, 9f
        addi r3, r2, -1
        sltiu r3, r3, 4 * NAME
        beqz r3, 8f
        set  r3, 0
1:      sw   r0, wanted(r3)
        addi r3, r3, 1
        addi r4, r3, -NAME
        bnez r4, 1b
        set  r3, 0
2:      lw   r4, 0(r1)
        andi r4, r4, 0xff
        beqz r4, 8f             # so no name is like an empty place of a table
        andi r5, r3, 3
        slli r5, r5, 3
        sll  r4, r4, r5
        srli r5, r3, 2
        lw   r6, wanted(r5)
        or   r6, r6, r4
        sw   r6, wanted(r5)
        addi r1, r1, 1
        addi r3, r3, 1
        bne  r3, r2, 2b
        pop  ra
        ret
8:      set  r1, 0
9:      pop  ra
        ret

# ---- look: the handle of what container r11 sees as `wanted`, or -1; r2 its entry ------------------------------------
# beneath: the same without the writable layer.
look:   push ra
        call own
        beqz r2, 1f
        lw   r3, F_STATE(r2)
        addi r3, r3, -1
        bnez r3, 8f
        j    9f
beneath:
        push ra
1:      lw   r7, C_LAYERS(r11)  # from the top down
2:      beqz r7, 8f
        add  r1, r11, r7
        lw   r1, C_LAYER - 1(r1)
        slli r1, r1, 1
        lw   r2, directory + D_LAYER(r1)
        lw   r3, directory + D_LAYER + 1(r1)
        set  r4, L_SIZE
        slli r1, r7, 16
        call search
        addi r7, r7, -1
        beqz r2, 2b
        lw   r3, L_FIRST(r2)
        bgez r3, 9f
8:      set  r1, -1
9:      pop  ra
        ret

# own: r1 = the handle and r2 = the entry of `wanted` in the writable layer of container r11; r2 = 0 if there is none.
own:    set  r1, 0
        lw   r2, C_TABLE(r11)
        lw   r3, C_FILES(r11)
        set  r4, F_SIZE
        # and on with a search

# search: look for `wanted` in a table at r2 of r3 entries of r4 words; r1 counts with them. r2 = the entry, or 0.
search: push r13
1:      beqz r3, 4f
        set  r5, 0
2:      add  r6, r2, r5
        lw   r6, 0(r6)
        lw   r13, wanted(r5)
        bne  r6, r13, 3f
        addi r5, r5, 1
        addi r6, r5, -NAME
        bnez r6, 2b
        j    5f
3:      add  r2, r2, r4
        addi r1, r1, 1
        addi r3, r3, -1
        j    1b
4:      set  r2, 0
5:      pop  r13
        ret

# ---- entry: r2 = the entry of handle r1 for container r11, or 0; r3 = 0 if it is of the writable layer ---------------
entry:  srli r3, r1, 16
        andi r4, r1, 0xffff
        bnez r3, 1f
        lw   r2, C_FILES(r11)
        bgeu r4, r2, 9f
        slli r4, r4, 5          # F_SIZE
        lw   r2, C_TABLE(r11)
        add  r2, r2, r4
        lw   r4, F_STATE(r2)
        addi r4, r4, -1
        bnez r4, 9f
        ret
1:      lw   r2, C_LAYERS(r11)
        bgtu r3, r2, 9f
        add  r2, r11, r3
        lw   r2, C_LAYER - 1(r2)
        slli r2, r2, 1
        lw   r5, directory + D_LAYER + 1(r2)
        bgeu r4, r5, 9f
        lw   r2, directory + D_LAYER(r2)
        slli r4, r4, 4          # L_SIZE
        add  r2, r2, r4
        lw   r4, L_FIRST(r2)
        bltz r4, 9f
        ret
9:      set  r2, 0
        ret

# ---- open, length ----------------------------------------------------------------------------------------------------
open:   lw   r11, P_CONTAINER(r12)
        call named
        beqz r1, refuse
        call look
        j    done

length: lw   r11, P_CONTAINER(r12)
        call entry
        beqz r2, refuse
        lw   r1, F_LENGTH(r2)   # of a layer's the same
        j    done

# ---- change: a file of the writable layer, with the blocks that a layer has of it ------------------------------------
change: lw   r11, P_CONTAINER(r12)
        call named
        beqz r1, refuse
        call own
        beqz r2, 1f
        lw   r3, F_STATE(r2)
        addi r3, r3, -1
        beqz r3, done           # it is there
        mov  r8, r1             # it was removed, and is new now
        mov  r9, r2
        set  r2, 0
        j    2f
1:      call place
        beqz r9, refuse
        call beneath
        bgez r1, 2f
        set  r2, 0
2:      set  r3, 1
        sw   r3, F_STATE(r9)
        set  r4, 0              # blocks
        sw   r0, F_LENGTH(r9)
        beqz r2, 3f
        lw   r3, L_LENGTH(r2)
        addi r4, r3, 511
        srli r4, r4, 9
        set  r5, F_MOST
        bgtu r4, r5, 6f
        sw   r3, F_LENGTH(r9)
        lw   r2, L_FIRST(r2)
3:      set  r5, 0
4:      add  r6, r9, r5
        sw   r0, F_MAP(r6)
        bgeu r5, r4, 5f
        add  r3, r2, r5
        sw   r3, F_MAP(r6)
5:      addi r5, r5, 1
        addi r6, r5, -F_MOST
        bnez r6, 4b
        mov  r1, r8
        j    done
6:      sw   r0, F_STATE(r9)    # too long to be changed
        sw   r0, 0(r9)
        j    refuse

# place: r9 = a free entry of the writable layer that has the name `wanted` from now on, r8 its handle; r9 = 0: all full.
place:  set  r8, 0
        lw   r9, C_TABLE(r11)
        lw   r3, C_FILES(r11)
1:      beq  r8, r3, 3f
        lw   r4, F_STATE(r9)
        beqz r4, 2f
        addi r8, r8, 1
        addi r9, r9, F_SIZE
        j    1b
2:      lw   r3, wanted(r4)     # r4 counts from 0
        add  r5, r9, r4
        sw   r3, 0(r5)
        addi r4, r4, 1
        addi r5, r4, -NAME
        bnez r5, 2b
        ret
3:      set  r9, 0
        ret

# ---- remove ----------------------------------------------------------------------------------------------------------
remove: lw   r11, P_CONTAINER(r12)
        call named
        beqz r1, refuse
        call own
        mov  r9, r2
        beqz r2, 3f
        lw   r3, F_STATE(r2)
        addi r3, r3, -1
        bnez r3, refuse         # it was removed already
        set  r8, 0
1:      add  r6, r9, r8         # its blocks are free
        lw   r1, F_MAP(r6)
        call mine
        beqz r2, 2f
        lw   r1, C_TAKEN(r11)
        not  r2, r2
        and  r1, r1, r2
        sw   r1, C_TAKEN(r11)
2:      sw   r0, F_MAP(r6)
        addi r8, r8, 1
        addi r6, r8, -F_MOST
        bnez r6, 1b
        sw   r0, F_STATE(r9)
        call beneath
        bltz r1, 4f
        j    5f
3:      call beneath
        bltz r1, refuse
        call place
        beqz r9, refuse
5:      set  r1, 2
        sw   r1, F_STATE(r9)
        set  r1, 0
        j    done
4:      sw   r0, 0(r9)          # nobody has that name any more
        set  r1, 0
        j    done

# mine: r2 = the bit of block r1 if it is a writable one of container r11, else 0. Uses r3.
mine:   lw   r2, C_BLOCK(r11)
        sub  r3, r1, r2
        lw   r2, C_BLOCKS(r11)
        bgeu r3, r2, 1f
        set  r2, 1
        sll  r2, r2, r3
        ret
1:      set  r2, 0
        ret

# ---- get, put: move a block ------------------------------------------------------------------------------------------
# All is decided anew when a process has waited for somebody else's transfer.
get:    set  r8, DISK_READ
        call block_of
        bgeu r9, r4, refuse
        beqz r3, 1f
        lw   r1, L_FIRST(r2)
        add  r9, r1, r9
        j    carry
1:      add  r9, r2, r9
        lw   r9, F_MAP(r9)
        beqz r9, refuse         # a gap
        j    carry

put:    set  r8, DISK_WRITE
        call block_of
        bnez r3, refuse         # of a layer
        sltiu r4, r9, F_MOST
        beqz r4, refuse
        lw   r6, P_R + 4(r12)
        slli r4, r9, 9
        sub  r5, r6, r4
        addi r5, r5, -1
        sltiu r5, r5, 512
        beqz r5, refuse         # the length is none that ends in this block
        mov  r10, r2
        add  r9, r2, r9
        lw   r1, F_MAP(r9)
        call mine
        bnez r2, 3f
        set  r1, 0              # the first block that is free
        lw   r3, C_BLOCKS(r11)
        lw   r5, C_TAKEN(r11)
1:      beq  r1, r3, refuse
        srl  r2, r5, r1
        andi r2, r2, 1
        beqz r2, 2f
        addi r1, r1, 1
        j    1b
2:      set  r2, 1
        sll  r2, r2, r1
        or   r5, r5, r2
        sw   r5, C_TAKEN(r11)
        lw   r3, C_BLOCK(r11)
        add  r1, r1, r3
        sw   r1, F_MAP(r9)
3:      lw   r9, F_MAP(r9)
        lw   r5, F_LENGTH(r10)
        bleu r6, r5, carry
        sw   r6, F_LENGTH(r10)

# carry: the command r8 for the disk's block r9 and the buffer in the process's r3.
carry:  lw   r1, P_R + 3(r12)
        .ifndef UNCHECKED
        set  r2, BLOCK
        call physical
        beqz r1, refuse
        .else                   # a mistake to be used: escape.s
        lw   r2, P_BASE(r12)
        add  r1, r1, r2
        .endif
        j    moves

# block_of: of handle r1 the entry r2, r3 = 0 if it can be written, r9 = the block r2 of it and r4 how many it has. Waits
# while the disk is busy, and refuses what is no file.
block_of:
        lw   r3, owner(r0)
        beqz r3, 1f
        set  r1, QUEUEING
        j    block
1:      push ra
        lw   r11, P_CONTAINER(r12)
        mov  r9, r2
        call entry
        pop  ra
        beqz r2, refuse
        lw   r4, F_LENGTH(r2)
        addi r4, r4, 511
        srli r4, r4, 9
        ret
