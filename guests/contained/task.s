# A program for containers that is measured: it says that it is there, and then does as much of each thing as its sizes
# say (`trapline container compare`).
        .include <calls.s>
        .include <user.s>
        .equ BUFFER, 512        # virtual address of a block
        .ifndef ROUNDS
        .equ ROUNDS, 10         # of two instructions
        .endif
        .ifndef ASKS
        .equ ASKS, 10           # calls that do as good as nothing
        .endif
        .ifndef BLOCKS
        .equ BLOCKS, 2          # that are written
        .endif
        .ifndef LINES
        .equ LINES, 2           # of 32 characters
        .endif

start:  say  "ready"
        li   r9, ROUNDS + 1
1:      addi r9, r9, -1
        bnez r9, 1b
        li   r9, ASKS + 1
2:      svc  SELF
        addi r9, r9, -1
        bnez r9, 2b
        la   r1, file
        set  r2, 4
        svc  CHANGE
        mov  r8, r1
        li   r9, BLOCKS + 1
3:      mov  r1, r8
        set  r2, 0
        set  r3, BUFFER
        set  r4, 512
        svc  PUT
        addi r9, r9, -1
        bnez r9, 3b
        li   r9, LINES + 1
4:      la   r1, row
        set  r2, 32
        svc  WRITE
        addi r9, r9, -1
        bnez r9, 4b
        leave 0
file:   .ascii "file"
row:    .ascii "and this is a line that it says\n"
