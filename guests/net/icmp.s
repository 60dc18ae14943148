# ICMP (RFC 792): an echo is answered with what it carries. Who asked for one himself is called at the program's `echoed`.

        .equ ICMP_HEADER, 8     # octets
        .equ ECHO_REPLY, 0      # types
        .equ ECHO, 8

# icmp_in: r10 octets from the word r11 on; the packet's header is at r9.
icmp_in:
        push ra
        set  r1, ICMP_HEADER
        blt  r10, r1, 9f
        mov  r1, r11
        mov  r2, r10
        set  r3, 0
        call checksum
        bnez r1, 9f
        lw   r1, 0(r11)
        srli r1, r1, 16         # type and code
        set  r2, ECHO << 8
        beq  r1, r2, 1f
        bnez r1, 9f             # nor ECHO_REPLY
        call echoed
        b    9f
1:      la   r3, outbuf + CARRIED
        mov  r4, r11
        addi r2, r10, 3
        srli r2, r2, 2
        add  r2, r2, r11        # where what it carries ends
2:      lw   r1, 0(r4)
        sw   r1, 0(r3)
        addi r3, r3, 1
        addi r4, r4, 1
        bltu r4, r2, 2b
        set  r1, ECHO_REPLY
        mov  r2, r10
        lw   r7, 3(r9)
        call icmp_send
9:      pop  ra
        ret

# icmp_send: the message of r2 octets in `outbuf` leaves for the address r7 with the type r1. Uses r1 to r6.
icmp_send:
        push ra
        push r2
        slli r1, r1, 24
        sw   r1, outbuf + CARRIED(r0)
        la   r1, outbuf + CARRIED
        set  r3, 0
        call checksum
        lw   r2, outbuf + CARRIED(r0)
        or   r2, r2, r1
        sw   r2, outbuf + CARRIED(r0)
        set  r2, ICMP
        pop  r3
        call ip_send
        pop  ra
        ret
