# splitmix64, the sequence of the random source (docs/devices.md), in words of 32 bits. It holds no absolute address, so a
# program may have it wherever it lies.

# splitmix: the next number of the source whose state is the two words at r3, low word first: r1 is its low word, r2 its
# high one. Uses r3 to r7.
splitmix:
        push ra
        lw   r1, 0(r3)          # r2:r1, the state, moves on by a constant
        lw   r2, 1(r3)
        li   r4, 0x7f4a7c15
        add  r1, r1, r4
        sltu r4, r1, r4         # the carry
        add  r2, r2, r4
        li   r4, 0x9e3779b9
        add  r2, r2, r4
        sw   r1, 0(r3)
        sw   r2, 1(r3)
        set  r5, 30             # and is mixed
        call fold
        li   r3, 0x1ce4e5b9
        li   r4, 0xbf58476d
        call times
        set  r5, 27
        call fold
        li   r3, 0x133111eb
        li   r4, 0x94d049bb
        call times
        set  r5, 31
        call fold
        pop  ra
        ret

# fold: r2:r1 exclusive or itself, shifted right by r5. Uses r3 and r6.
fold:   set  r3, 32
        sub  r3, r3, r5
        sll  r3, r2, r3
        srl  r6, r1, r5
        or   r3, r3, r6
        xor  r1, r1, r3
        srl  r3, r2, r5
        xor  r2, r2, r3
        ret

# times: r2:r1 times r4:r3, the low 64 bits. The product of the low words is made of four of their halves. Uses r5 to r7.
times:  mul  r2, r2, r3
        mul  r4, r4, r1
        add  r2, r2, r4         # what goes to the high word alone
        andi r4, r1, 0xffff
        andi r5, r3, 0xffff
        mul  r6, r4, r5
        srli r6, r6, 16
        srli r7, r1, 16
        mul  r5, r5, r7
        add  r6, r6, r5         # cannot wrap, nor can the next
        andi r5, r6, 0xffff
        srli r6, r6, 16
        add  r2, r2, r6
        srli r6, r3, 16
        mul  r7, r7, r6
        add  r2, r2, r7
        mul  r4, r4, r6
        add  r4, r4, r5
        srli r4, r4, 16
        add  r2, r2, r4
        mul  r1, r1, r3
        ret
