# A program for containers: it shows the file `motd` of its image, and counts in the file `visits` how often it did so.
# Both processes of the container take turns with the file; the second is started by the first, and so on up to five.
        .include <calls.s>
        .include <user.s>
        .equ BUFFER, 512        # virtual address of a block

start:  svc  SELF
        mov  r13, r1
        la   r1, motd
        set  r2, 4
        svc  OPEN
        bltz r1, absent
        mov  r8, r1
        svc  LENGTH
        mov  r9, r1
        mov  r1, r8
        set  r2, 0
        set  r3, BUFFER
        svc  GET
        bnez r1, absent
        begin
        set  r8, 0
1:      beq  r8, r9, 2f         # characters, four in a word
        srli r1, r8, 2
        lw   r1, BUFFER(r1)
        andi r2, r8, 3
        slli r2, r2, 3
        srl  r1, r1, r2
        andi r1, r1, 0xff
        sw   r1, 0(r7)
        addi r7, r7, 1
        addi r8, r8, 1
        b    1b
2:      set  r1, LINE
        sub  r2, r7, r1
        svc  WRITE

        la   r1, visits
        set  r2, 6
        svc  CHANGE
        bltz r1, full
        mov  r8, r1
        sw   r0, BUFFER(r0)     # a new file has no block yet
        set  r2, 0
        set  r3, BUFFER
        svc  GET
        lw   r9, BUFFER(r0)
        addi r9, r9, 1
        sw   r9, BUFFER(r0)
        mov  r1, r8
        set  r2, 0
        set  r3, BUFFER
        set  r4, 4
        svc  PUT
        bnez r1, full
        begin
        text "process "
        mov  r1, r13
        number
        text ", visit "
        mov  r1, r9
        number
        line
        slti r1, r9, 5
        beqz r1, 3f
        la   r1, again
        set  r2, 10
        svc  START
        bgez r1, 3f
        say  "there are as many processes as there may be"
3:      leave 0
absent: say  "there is no motd"
        leave 1
full:   say  "there is no room for visits"
        leave 2
motd:   .ascii "motd"
visits: .ascii "visits"
again:  .ascii "visits.bin"
