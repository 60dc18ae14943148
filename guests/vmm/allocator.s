# Who has which words of storage, and whose turn it is.

# ---- allocate: r1 = the first word of a window of r1 words, or 0 if there is no room ------------------------------------
# The room taken is a multiple of ALIGNED, so a whole block of disk never ends behind it. Uses r2 to r5.
allocate:
        lw   r2, room(r0)
        lw   r3, storage_end(r0)
        bltu r3, r2, 1f
        sub  r4, r3, r2
        bltu r4, r1, 1f         # sums could wrap, differences do not
        addi r5, r1, ALIGNED - 1
        srli r5, r5, 10
        slli r5, r5, 10
        bltu r4, r5, 1f
        add  r5, r5, r2
        sw   r5, room(r0)
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

# ---- schedule: put the current guest away, and take the next behind it that is alive ------------------------------------
schedule:
        lw   r8, vm + VM_NUMBER(r0)
        mov  r1, r8
        call block
        mov  r3, r2
        set  r2, vm
        call copy
        lw   r9, vm_count(r0)
        mov  r10, r9            # how many to look at; the current one is the last
1:      addi r8, r8, 1
        bltu r8, r9, 2f
        set  r8, 0
2:      mov  r1, r8
        call block
        lw   r1, VM_LIVE(r2)
        bnez r1, turn
        addi r10, r10, -1
        bnez r10, 1b
        j    finish

# turn: it is the turn of the guest whose block is at r2.
turn:   set  r3, vm
        call copy
        lw   r1, vm + VM_SHARE(r0)
        sw   r1, vm + VM_LEFT(r0)
        j    resume

vm_count:
        .word 0                 # how many guests there are
vms:    .space VMS * VM_WORDS
