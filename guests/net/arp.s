# ARP (RFC 826): which station has an address of IP. Who asks for us is answered and remembered. What is not known is
# asked for, and the packet that needed it is dropped: who wants it to arrive will send it again.

        .equ ARP_SIZE, 28       # octets
        .equ ARP_ETHERNET_IP, 0x00010800
        .equ ARP_ASK, 0x06040001        # sizes of both addresses, and what it is
        .equ ARP_ANSWER, 0x06040002
        .ifndef KNOWN
        .equ KNOWN, 8           # places in the table, a power of two
        .endif

# arp_in: a packet of r10 octets in the frame r12.
arp_in: push ra
        set  r1, ARP_SIZE
        blt  r10, r1, 1f
        lw   r1, PACKET(r12)
        li   r2, ARP_ETHERNET_IP
        bne  r1, r2, 1f
        lw   r1, PACKET + 6(r12)
        lw   r2, our_ip(r0)
        bne  r1, r2, 1f         # not about us
        lw   r1, PACKET + 2(r12)
        lw   r2, PACKET + 3(r12)
        lw   r3, PACKET + 4(r12)
        srli r4, r1, 24
        andi r4, r4, 1
        bnez r4, 1f             # no station is for many
        slli r7, r2, 16         # r7 is whose address it is, r1:r2 the station
        srli r3, r3, 16
        or   r7, r7, r3
        slli r3, r1, 16
        srli r2, r2, 16
        or   r2, r3, r2
        srli r1, r1, 16
        call arp_place
        sw   r7, known(r3)
        sw   r1, known + 1(r3)
        sw   r2, known + 2(r3)
        lw   r3, PACKET + 1(r12)
        li   r4, ARP_ASK
        bne  r3, r4, 1f
        li   r3, ARP_ANSWER
        call arp_send
1:      pop  ra
        ret

# arp_find: r1:r2 is the station with the address r7, and r3 is 1; or r3 is 0, and it is asked for. Uses r1 to r5.
arp_find:
        push ra
        call arp_place
        lw   r4, known(r3)
        lw   r1, known + 1(r3)
        lw   r2, known + 2(r3)
        set  r3, 1
        beq  r4, r7, 1f
        li   r1, 0xffff         # all stations
        set  r2, -1
        li   r3, ARP_ASK
        call arp_send
        set  r3, 0
1:      pop  ra
        ret

# arp_place: r3 = where in `known` the address r7 has its place: its last bits say so, and those of its network. Uses r4.
arp_place:
        srli r3, r7, 8
        xor  r3, r3, r7
        andi r3, r3, KNOWN - 1
        slli r4, r3, 1
        add  r3, r3, r4
        ret

# arp_send: the station r1:r2 is asked for the address r7, or answered who asked from there; r3 says which. Uses r1 to
# r5.
arp_send:
        sw   r3, outbuf + PACKET + 1(r0)
        li   r3, ARP_ETHERNET_IP
        sw   r3, outbuf + PACKET(r0)
        lw   r3, inbound + STATION(r0)
        lui  r4, LOCAL
        srli r5, r3, 16
        or   r4, r4, r5
        sw   r4, outbuf + PACKET + 2(r0)
        slli r3, r3, 16
        lw   r4, our_ip(r0)
        srli r5, r4, 16
        or   r3, r3, r5
        sw   r3, outbuf + PACKET + 3(r0)
        slli r4, r4, 16
        or   r4, r4, r1
        sw   r4, outbuf + PACKET + 4(r0)
        sw   r2, outbuf + PACKET + 5(r0)
        sw   r7, outbuf + PACKET + 6(r0)
        set  r3, TYPE_ARP
        set  r4, ARP_SIZE
        j    net_send

known:  .space KNOWN * 3        # an address, and its station in 16 and 32 bits
