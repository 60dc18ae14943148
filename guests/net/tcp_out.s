# TCP, continued: what is sent, the table of connections, and the clock.

        .equ RTO, 10            # ticks until a segment is sent again; then twice as many, and so on
        .equ MOST_TRIES, 5
        .equ SEGMENT, outbuf + CARRIED

# tcp_say: r2 characters at r1 shall be sent, and stay there until they have been; after `tcp_close` nothing is. Uses r3.
tcp_say:
        lw   r3, OURS(r8)
        bnez r3, 1f
        sw   r1, TEXT(r8)
        sw   r2, LEFT(r8)
1:      ret

# tcp_close: nothing more will be said. Uses r1.
tcp_close:
        lw   r1, OURS(r8)
        bnez r1, 1f
        set  r1, WANTED
        sw   r1, OURS(r8)
1:      ret

# tcp_take: the first r1 characters of IN are done with. Uses r1 to r4.
tcp_take:
        lw   r2, COUNT(r8)
        sub  r2, r2, r1
        sw   r2, COUNT(r8)
        addi r3, r8, IN
        add  r1, r1, r3
1:      beqz r2, 2f
        lw   r4, 0(r1)
        sw   r4, 0(r3)
        addi r1, r1, 1
        addi r3, r3, 1
        addi r2, r2, -1
        b    1b
2:      ret

# tcp_connect: begin a connection with port r2 of the address r7: r8, whose STATE will be ESTABLISHED, or 0 if there is
# none. Uses all registers.
tcp_connect:
        push ra
        push r2
        call tcp_place
        sw   r0, RCV(r8)
        set  r1, USUAL_MSS
        sw   r1, PEER_MSS(r8)
        pop  r1
        slli r1, r1, 16
        set  r2, RANDOM
        in   r2, r2
        srli r2, r2, 18         # one of the 16384 ports that are for this
        or   r1, r1, r2
        li   r2, 0xc000
        or   r1, r1, r2
        set  r2, SYN_SENT
        call tcp_begin
        pop  ra
        ret

# tcp_find: r8 = the connection with the address r7 by the ports r1, 0 if there is none. Uses r2 and r3.
tcp_find:
        la   r8, connections
1:      lw   r2, STATE(r8)
        beqz r2, 2f
        lw   r2, PEER(r8)
        bne  r2, r7, 2f
        lw   r2, PEER_PORTS(r8)
        beq  r2, r1, 3f
2:      addi r8, r8, CONNECTION
        la   r2, connections_end
        bne  r8, r2, 1b
        set  r8, 0
3:      ret

# tcp_place: r8 = a place in the table: a free one, or that of which nothing was heard for longest. Uses r1 to r4.
tcp_place:
        la   r1, connections
        mov  r8, r1
1:      lw   r2, STATE(r1)
        beqz r2, 3f
        lw   r2, HEARD(r1)
        lw   r3, HEARD(r8)
        bgeu r2, r3, 2f
        mov  r8, r1
2:      addi r1, r1, CONNECTION
        la   r2, connections_end
        bne  r1, r2, 1b
        ret
3:      mov  r8, r1
        ret

# tcp_heard: something came from the other end of r8. Uses r1.
tcp_heard:
        lw   r1, heard(r0)
        addi r1, r1, 1
        sw   r1, heard(r0)
        sw   r1, HEARD(r8)
        ret

# tcp_begin: the connection r8 is between the ports r1 and with the address r7, in the state r2, and its beginning in
# flight. Uses all registers but r8 to r13.
tcp_begin:
        push ra
        sw   r1, PEER_PORTS(r8)
        sw   r7, PEER(r8)
        sw   r2, STATE(r8)
        set  r1, RANDOM
        in   r1, r1             # where our octets begin: nobody shall guess it
        sw   r1, UNA(r8)
        addi r1, r1, 1
        sw   r1, NXT(r8)
        sw   r0, LEFT(r8)
        sw   r0, OURS(r8)
        sw   r0, THEIRS(r8)
        sw   r0, NOTE(r8)
        sw   r0, COUNT(r8)
        call tcp_heard
        call tcp_first
        pop  ra
        ret

# tcp_out: send what may be sent now, an acknowledgement if one is owed, and end what has ended. Uses r1 to r7.
tcp_out:
        push ra
        lw   r1, UNA(r8)
        lw   r2, NXT(r8)
        bne  r1, r2, 4f         # one segment in flight
        lw   r3, LEFT(r8)
        mov  r2, r3
        lw   r4, WINDOW(r8)
        bgeu r4, r2, 1f
        mov  r2, r4
1:      lw   r4, PEER_MSS(r8)
        bgeu r4, r2, 2f
        mov  r2, r4
2:      add  r1, r1, r2
        sub  r2, r3, r2
        bnez r2, 3f             # it is not all
        lw   r4, OURS(r8)
        set  r5, WANTED
        bne  r4, r5, 3f
        set  r4, SENT
        sw   r4, OURS(r8)
        addi r1, r1, 1          # the end goes with it
3:      lw   r2, NXT(r8)
        sw   r1, NXT(r8)
        sw   r0, WAIT(r8)
        bne  r1, r2, 5f
        beqz r3, 4f
        sw   r0, TRIES(r8)      # the other has no room: the clock will try with one octet
        call tcp_wait
        b    4f
5:      call tcp_first
4:      lw   r1, OWED(r8)
        beqz r1, 6f
        call tcp_ack
6:      lw   r1, OURS(r8)
        set  r2, ENDED
        bne  r1, r2, 8f
        lw   r1, THEIRS(r8)
        beqz r1, 8f
        set  r2, 1
        beq  r1, r2, 7f         # the other closed first, and knows that we have
        set  r1, TIME_WAIT      # it may not know that we have its end, and ask until somebody needs the place
        sw   r1, STATE(r8)
        b    8f
7:      sw   r0, STATE(r8)
8:      pop  ra
        ret

# tcp_first: send what is in flight for the first time. Uses r1 to r7.
tcp_first:
        push ra
        sw   r0, TRIES(r8)
        call tcp_wait
        call tcp_flight
        pop  ra
        ret

# tcp_wait: the clock looks again, the later the more often it has. Uses r1 and r2.
tcp_wait:
        set  r1, RTO
        lw   r2, TRIES(r8)
        sll  r1, r1, r2
        sw   r1, WAIT(r8)
        j    net_clock

# tcp_ticked: for each connection whose time has come, what is in flight is sent again, or the other is given up. r1 is
# whether the clock is still needed. Uses all registers.
tcp_ticked:
        push ra
        set  r13, 0
        la   r8, connections
1:      lw   r1, STATE(r8)
        beqz r1, 4f
        lw   r1, WAIT(r8)
        beqz r1, 4f
        set  r13, 1
        addi r1, r1, -1
        sw   r1, WAIT(r8)
        bnez r1, 4f
        lw   r1, TRIES(r8)
        addi r1, r1, 1
        sw   r1, TRIES(r8)
        set  r2, MOST_TRIES
        bgeu r2, r1, 2f
        sw   r0, STATE(r8)
        b    4f
2:      lw   r1, UNA(r8)
        lw   r2, NXT(r8)
        bne  r1, r2, 3f
        addi r1, r1, 1
        sw   r1, NXT(r8)
3:      call tcp_wait
        call tcp_flight
4:      addi r8, r8, CONNECTION
        la   r1, connections_end
        bne  r8, r1, 1b
        mov  r1, r13
        pop  ra
        ret

# tcp_flight: send what is in flight: our beginning, or text and our end. Uses r1 to r7.
tcp_flight:
        lw   r1, UNA(r8)
        lw   r2, STATE(r8)
        addi r2, r2, -SYN_RECEIVED
        bgtz r2, 2f
        set  r3, SYN
        bltz r2, 1f
        set  r3, SYN | ACK
1:      set  r2, 0
        j    tcp_segment
2:      lw   r2, NXT(r8)
        sub  r2, r2, r1
        lw   r4, LEFT(r8)
        set  r3, ACK | PSH
        bgeu r4, r2, tcp_segment
        mov  r2, r4
        set  r3, ACK | PSH | FIN
        j    tcp_segment

# tcp_ack: say what we have had. Uses r1 to r7.
tcp_ack:
        lw   r1, NXT(r8)
        set  r2, 0
        set  r3, ACK

# tcp_segment: send r2 characters of TEXT as the octets from r1 on, with the flags r3. Uses r1 to r7.
tcp_segment:
        push ra
        sw   r1, SEGMENT + 1(r0)
        lw   r1, RCV(r8)
        sw   r1, SEGMENT + 2(r0)
        sw   r0, OWED(r8)
        lw   r1, PEER_PORTS(r8)
        lw   r7, PEER(r8)
        slli r3, r3, 16
        lw   r4, COUNT(r8)
        addi r3, r3, ROOM
        sub  r3, r3, r4
        push r1
        lui  r1, SYN
        and  r1, r1, r3
        bnez r1, 1f
        lui  r1, TCP_HEADER << 10
        or   r1, r1, r3
        sw   r1, SEGMENT + 3(r0)
        push r2
        lw   r1, TEXT(r8)
        la   r3, SEGMENT + 5
        call pack
        pop  r2
        addi r2, r2, TCP_HEADER
        b    2f
1:      lui  r1, TCP_HEADER + 4 << 10
        or   r1, r1, r3
        sw   r1, SEGMENT + 3(r0)
        li   r1, MSS << 24 | 4 << 16 | OUR_MSS
        sw   r1, SEGMENT + 5(r0)
        set  r2, TCP_HEADER + 4
2:      pop  r1
        call tcp_leave
        pop  ra
        ret

# tcp_leave: the segment of r2 octets leaves for the address r7, against the ports r1. Uses r1 to r6.
tcp_leave:
        push ra
        srli r3, r1, 16
        slli r1, r1, 16
        or   r1, r1, r3
        sw   r1, SEGMENT(r0)
        sw   r0, SEGMENT + 4(r0)
        push r2
        la   r1, SEGMENT
        set  r3, TCP
        call carried
        slli r1, r1, 16
        sw   r1, SEGMENT + 4(r0)
        pop  r3
        set  r2, TCP
        call ip_send
        pop  ra
        ret

# tcp_refuse: the segment r11 belongs to nothing: say so, in the numbers that it expects. Uses r1 to r7.
tcp_refuse:
        lw   r7, 3(r9)
        andi r1, r12, ACK
        beqz r1, 1f
        lw   r1, 2(r11)
        set  r2, 0
        lui  r3, RST
        b    2f
1:      lw   r2, 1(r11)
        add  r2, r2, r13
        andi r1, r12, SYN | FIN # each counts as an octet
        srli r3, r1, 1
        andi r1, r1, FIN
        add  r2, r2, r3
        add  r2, r2, r1
        set  r1, 0
        lui  r3, RST | ACK
2:      sw   r1, SEGMENT + 1(r0)
        sw   r2, SEGMENT + 2(r0)
        lui  r1, TCP_HEADER << 10
        or   r1, r1, r3
        sw   r1, SEGMENT + 3(r0)
        set  r2, TCP_HEADER
        lw   r1, 0(r11)
        j    tcp_leave

heard:  .word 0
connections:
        .space CONNECTIONS * CONNECTION
connections_end:
