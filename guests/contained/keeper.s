# A program for containers: it has the secret of its image in its storage, and says for a while that it is there.
        .include <calls.s>
        .include <user.s>
        .ifndef TIMES
        .equ TIMES, 5
        .endif
        .equ BUFFER, 512        # virtual address of a block

start:  la   r1, secret
        set  r2, 6
        svc  OPEN
        set  r2, 0
        set  r3, BUFFER
        svc  GET
        bnez r1, absent
        set  r9, TIMES
1:      say  "I am here"
        set  r1, 20             # ticks
        svc  SLEEP
        addi r9, r9, -1
        bnez r9, 1b
        say  "nobody has asked for my secret"
        leave 0
absent: say  "I have no secret"
        leave 1
secret: .ascii "secret"
