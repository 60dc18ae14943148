# Process 4: write a block of numbers to the disk, forget it, read it back and compare.
        .equ SCRIBE_BLOCK, 1
scribe: la   r8, scribe_buffer
        set  r9, BLOCK
        set  r10, 0
1:      add  r1, r8, r10        # number n is n squared
        mul  r2, r10, r10
        sw   r2, 0(r1)
        addi r10, r10, 1
        blt  r10, r9, 1b
        set  r1, SCRIBE_BLOCK
        mov  r2, r8
        svc  BLOCK_WRITE
        bltz r1, scribe_refused
        set  r10, 0
2:      add  r1, r8, r10
        sw   r0, 0(r1)
        addi r10, r10, 1
        blt  r10, r9, 2b
        set  r1, SCRIBE_BLOCK
        mov  r2, r8
        svc  BLOCK_READ
        bltz r1, scribe_refused
        set  r10, 0
3:      add  r1, r8, r10
        lw   r1, 0(r1)
        mul  r2, r10, r10
        bne  r1, r2, scribe_wrong
        addi r10, r10, 1
        blt  r10, r9, 3b
        say  "scribe: a block written and read back"
        leave 0
scribe_refused:
        set  r2, -1
        bne  r1, r2, scribe_failed
        say  "scribe: no such block, is there a disk?"
        leave 0
scribe_failed:
        neg  r8, r1
        begin
        text "scribe: the disk answers with error "
        mov  r1, r8
        number
        line
        leave 1
scribe_wrong:
        say  "scribe: the block has changed"
        leave 1
scribe_buffer:
        .space BLOCK
