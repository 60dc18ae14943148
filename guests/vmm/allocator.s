# Who has which words of storage, and whose turn it is.

# ---- allocate: r1 = the first of r1 words of storage for a guest, or 0 if there is no room ------------------------------
# All that is given away is whole blocks, so no block of a program ends behind it. Uses r2 to r4.
allocate:
        lw   r2, room(r0)
        lw   r3, storage_end(r0)
        bltu r3, r2, 1f
        sub  r4, r3, r2         # so many are free; sums could wrap, differences do not
        bltu r4, r1, 1f
        addi r1, r1, BLOCK - 1
        srli r1, r1, 7
        slli r1, r1, 7
        bltu r4, r1, 1f
        add  r3, r2, r1
        sw   r3, room(r0)
        mov  r1, r2
        ret
1:      set  r1, 0
        ret

room:   .word WINDOWS           # the first word that nobody has
storage_end:
        .word 0

# ---- block: r2 = where guest r1 has its block while it is not its turn --------------------------------------------------
block:  set  r2, VM_WORDS
        mul  r2, r2, r1
        addi r2, r2, vms
        ret

# copy: VM_WORDS words from r2 to r3. Uses r4 and r5.
copy:   addi r4, r2, VM_WORDS
1:      lw   r5, 0(r2)
        sw   r5, 0(r3)
        addi r2, r2, 1
        addi r3, r3, 1
        bne  r2, r4, 1b
        ret

# ---- schedule: the turn of the next guest behind the current one that lives and does not wait ---------------------------
schedule:
        lw   r8, vm + VM_NUMBER(r0)
        lw   r10, vm_count(r0)  # how many to look at; the current one is the last
        set  r9, NEVER          # how long until the first of them need not wait any more
1:      addi r8, r8, 1
        lw   r1, vm_count(r0)
        bltu r8, r1, 2f
        set  r8, 0
2:      mov  r1, r8
        call block
        lw   r1, vm + VM_NUMBER(r0)
        bne  r1, r8, 3f
        set  r2, vm             # what is in its place of the table is old
3:      lw   r1, VM_LIVE(r2)
        beqz r1, 4f
        lw   r1, VM_WAKE(r2)
        lw   r3, now(r0)
        sub  r1, r1, r3         # as signed numbers: nobody waits longer than LONGEST
        blez r1, turn
        bgeu r1, r9, 4f
        mov  r9, r1
4:      addi r10, r10, -1
        bnez r10, 1b
        addi r1, r9, 1
        beqz r1, finish         # nobody lives
        mov  r1, r9
        call sleep
        lw   r2, now(r0)
        add  r2, r2, r1
        sw   r2, now(r0)
        j    schedule

# turn: it is the turn of the guest whose block is at r2.
turn:   set  r1, vm
        beq  r1, r2, 1f
        mov  r8, r2
        lw   r1, vm + VM_NUMBER(r0)
        call block
        mov  r3, r2
        set  r2, vm
        call copy
        mov  r2, r8
        set  r3, vm
        call copy
1:      lw   r1, vm + VM_SHARE(r0)
        sw   r1, vm + VM_LEFT(r0)
        lw   r1, now(r0)
        sw   r1, vm + VM_WAKE(r0)
        j    resume

vm_count:
        .word 0                 # how many guests there are
vms:    .space VMS * VM_WORDS
