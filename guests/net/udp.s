# UDP (RFC 768): datagrams for one port, UDP_PORT. The program is called at `datagram_in`: r1 characters stand at
# `datagram`, one in each word, and its answer has r2 characters at r1; with r2 = 0 there is none.

        .equ UDP_HEADER, 8      # octets
        .equ DATAGRAM, 512      # characters; longer ones are dropped

# udp_in: r10 octets from the word r11 on; the packet's header is at r9.
udp_in: push ra
        set  r1, UDP_HEADER
        blt  r10, r1, 9f
        lw   r2, 1(r11)
        srli r8, r2, 16         # octets of the datagram
        blt  r10, r8, 9f
        blt  r8, r1, 9f
        lw   r7, 3(r9)
        slli r2, r2, 16
        beqz r2, 1f             # it has no checksum
        mov  r1, r11
        mov  r2, r8
        set  r3, UDP
        call carried
        bnez r1, 9f
1:      lw   r1, 0(r11)
        andi r1, r1, 0xffff
        set  r2, UDP_PORT
        bne  r1, r2, 9f
        addi r13, r8, -UDP_HEADER
        set  r1, DATAGRAM
        blt  r1, r13, 9f
        mov  r1, r11
        set  r2, UDP_HEADER
        mov  r3, r13
        la   r4, datagram
        call unpack
        mov  r1, r13
        call datagram_in
        beqz r2, 9f
        addi r8, r2, UDP_HEADER
        la   r3, outbuf + CARRIED + 2
        call pack
        lw   r1, 0(r11)         # back to its port from ours
        srli r2, r1, 16
        slli r1, r1, 16
        or   r1, r1, r2
        sw   r1, outbuf + CARRIED(r0)
        slli r1, r8, 16
        sw   r1, outbuf + CARRIED + 1(r0)
        la   r1, outbuf + CARRIED
        mov  r2, r8
        set  r3, UDP
        lw   r7, 3(r9)
        call carried
        bnez r1, 2f
        li   r1, 0xffff         # 0 would say that there is none
2:      lw   r2, outbuf + CARRIED + 1(r0)
        or   r2, r2, r1
        sw   r2, outbuf + CARRIED + 1(r0)
        set  r2, UDP
        mov  r3, r8
        call ip_send
9:      pop  ra
        ret

datagram:
        .space DATAGRAM
