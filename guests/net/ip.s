# IPv4 (RFC 791), without fragments: what is for us goes to what handles its protocol, by the program's table `protocols`
# of numbers and routines. And the checksum that all protocols have (RFC 1071).

        .equ IP_HEADER, 20      # octets of a header without options
        .equ ICMP, 1            # protocols
        .equ TCP, 6
        .equ UDP, 17
        .equ GATEWAY, 254       # the last octet of a router's address
        .equ CARRIED, PACKET + 5        # where in `outbuf` that begins which a packet of ours carries

# ip_in: a packet of at most r10 octets in the frame r12.
ip_in:  push ra
        set  r1, IP_HEADER
        blt  r10, r1, 9f
        addi r9, r12, PACKET
        lw   r3, 0(r9)
        srli r1, r3, 28
        set  r2, 4              # the version
        bne  r1, r2, 9f
        srli r7, r3, 24
        andi r7, r7, 15         # words of the header
        slli r2, r7, 2
        set  r1, IP_HEADER
        blt  r2, r1, 9f
        andi r3, r3, 0xffff     # octets of the packet; those behind fill the frame
        blt  r10, r3, 9f        # it would be longer than its frame
        blt  r3, r2, 9f
        mov  r10, r3
        mov  r1, r9
        set  r3, 0
        push r2
        call checksum
        pop  r2
        bnez r1, 9f
        lw   r1, 3(r9)          # from whom
        beqz r1, 9f
        srli r3, r1, 28
        sltiu r3, r3, 0xe
        beqz r3, 9f             # no sender is for many
        lw   r1, 4(r9)
        lw   r3, our_ip(r0)
        .ifdef ROUTER
        beq  r1, r3, 1f
        call forward
        b    9f
1:
        .else
        bne  r1, r3, 9f
        .endif
        lw   r1, 1(r9)
        andi r1, r1, 0x3fff
        bnez r1, 9f             # a fragment
        sub  r10, r10, r2
        add  r11, r9, r7
        lw   r1, 2(r9)
        srli r1, r1, 16
        andi r1, r1, 0xff
        la   r2, protocols
1:      lw   r3, 0(r2)
        beqz r3, 9f
        beq  r3, r1, 2f
        addi r2, r2, 2
        b    1b
2:      lw   r1, 1(r2)
        jalr ra, 0(r1)
9:      pop  ra
        ret

# ip_send: r3 octets of protocol r2, in `outbuf` from CARRIED on, leave for the address r7. Uses r1 to r6.
ip_send:
        push ra
        slli r2, r2, 16
        lui  r1, 64 << 8        # as many routers may pass it on
        or   r1, r1, r2
        sw   r1, outbuf + PACKET + 2(r0)
        addi r3, r3, IP_HEADER
        lui  r1, 0x4500
        or   r1, r1, r3
        sw   r1, outbuf + PACKET(r0)
        push r3
        set  r1, 0x4000         # not to be cut into fragments: so it needs no number
        sw   r1, outbuf + PACKET + 1(r0)
        lw   r1, our_ip(r0)
        sw   r1, outbuf + PACKET + 3(r0)
        sw   r7, outbuf + PACKET + 4(r0)
        la   r1, outbuf + PACKET
        set  r2, IP_HEADER
        set  r3, 0
        call checksum
        lw   r2, outbuf + PACKET + 2(r0)
        or   r2, r2, r1
        sw   r2, outbuf + PACKET + 2(r0)
        push r7
        call hop
        call arp_find
        pop  r7
        pop  r4
        beqz r3, 1f
        set  r3, TYPE_IP
        call net_send
1:      pop  ra
        ret

# hop: r7 = the address to which what is for the address r7 goes first. Of our own network are those that differ from us
# in the last octet only; others are reached through its router. Uses r1 and r2.
hop:    lw   r1, our_ip(r0)
        xor  r2, r1, r7
        srli r2, r2, 8
        beqz r2, 1f
        srli r1, r1, 8
        slli r1, r1, 8
        addi r7, r1, GATEWAY
1:      ret

# carried: r1 = the checksum of r2 octets from the word r1 on, carried between us and the address r7 by protocol r3: the
# sum begins with those. It is 0 if the octets have the right checksum already. Uses r2 to r5.
carried:
        slli r3, r3, 16
        or   r3, r3, r2
        add  r3, r3, r7
        sltu r4, r3, r7
        add  r3, r3, r4
        lw   r4, our_ip(r0)
        add  r3, r3, r4
        sltu r4, r3, r4
        add  r3, r3, r4

# checksum: r1 = the checksum of r2 octets from the word r1 on; the sum begins with r3. Uses r2 to r5.
checksum:
        slti r4, r2, 4
        bnez r4, 1f
        lw   r4, 0(r1)
        add  r3, r3, r4         # two sums of 16 bits at once: what is carried from the lower is right in the upper,
        sltu r4, r3, r4
        add  r3, r3, r4         # and what is carried from that goes round to the lower
        addi r1, r1, 1
        addi r2, r2, -4
        b    checksum
1:      beqz r2, 2f
        lw   r4, 0(r1)          # of the last word the first octets only
        slli r2, r2, 3
        set  r5, 32
        sub  r2, r5, r2
        srl  r4, r4, r2
        sll  r4, r4, r2
        add  r3, r3, r4
        sltu r4, r3, r4
        add  r3, r3, r4
2:      srli r4, r3, 16         # both sums together
        andi r3, r3, 0xffff
        add  r3, r3, r4
        srli r4, r3, 16
        add  r3, r3, r4
        andi r3, r3, 0xffff
        xori r1, r3, 0xffff
        ret
