# Characters, one in each word as everywhere in guests, into octets of packets and back.

# pack: r2 characters from r1 on become octets from the word r3 on; the last word is filled up with zeros, and if there
# is none to fill up the next is 0. Uses r1 to r6.
pack:   set  r4, 0
        set  r5, 24
1:      beqz r2, 2f
        lw   r6, 0(r1)
        andi r6, r6, 0xff
        sll  r6, r6, r5
        or   r4, r4, r6
        addi r1, r1, 1
        addi r2, r2, -1
        addi r5, r5, -8
        bgez r5, 1b
        sw   r4, 0(r3)
        addi r3, r3, 1
        b    pack
2:      sw   r4, 0(r3)
        ret

# unpack: r3 octets, from the octet r2 of the word r1 on, become characters from r4 on. Uses r2 to r6.
unpack: beqz r3, 1f
        srli r5, r2, 2
        add  r5, r5, r1
        lw   r5, 0(r5)
        andi r6, r2, 3
        slli r6, r6, 3
        sll  r5, r5, r6
        srli r5, r5, 24
        sw   r5, 0(r4)
        addi r2, r2, 1
        addi r3, r3, -1
        addi r4, r4, 1
        b    unpack
1:      ret
