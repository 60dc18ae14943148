# TCP (RFC 9293): what arrives. A table of four connections, each with one segment in flight; text is taken in order and
# once. tcp_out.s has what is sent, and the clock.
#
# The program gives the port on which it listens, TCP_PORT, and is called at `served` with the connection r8 when there is
# text to read or all has been read, and nothing of its own is left to send. It finds COUNT characters at IN, takes some
# (`tcp_take`), says something (`tcp_say`), or has no more to say (`tcp_close`).

        .equ STATE, 0           # words of a connection; 0: it is free
        .equ PEER, 1            # the other's address
        .equ PEER_PORTS, 2      # the other's port, and ours in the low half, as in the other's segments
        .equ UNA, 3             # our first octet that is not acknowledged,
        .equ NXT, 4             # and the one behind those in flight: the beginning and the end are octets too
        .equ RCV, 5             # the octet that we expect
        .equ WINDOW, 6          # octets for which the other has room
        .equ PEER_MSS, 7        # octets in a segment, at most
        .equ TEXT, 8            # where our characters stand, from UNA on
        .equ LEFT, 9            # how many
        .equ OURS, 10           # our end: 0, WANTED, SENT or ENDED, which is that it was acknowledged
        .equ THEIRS, 11         # the other's: 0, or it came before ours was sent, or later
        .equ WAIT, 12           # ticks until what is in flight is sent again; 0: nothing is
        .equ TRIES, 13          # how often what is in flight was sent again
        .equ OWED, 14           # whether an acknowledgement is
        .equ HEARD, 15          # when something came last
        .equ NOTE, 16           # the program's; 0 at the beginning
        .equ COUNT, 17          # characters in IN
        .equ IN, 18
        .equ ROOM, 512          # characters of IN
        .equ OUT, IN + ROOM     # the program's, for what it says
        .equ OUT_ROOM, 128
        .equ CONNECTION, OUT + OUT_ROOM
        .equ CONNECTIONS, 4

        .equ SYN_SENT, 1        # states; what RFC 9293 says about ends is in OURS and THEIRS
        .equ SYN_RECEIVED, 2
        .equ ESTABLISHED, 3
        .equ TIME_WAIT, 4
        .equ WANTED, 1
        .equ SENT, 2
        .equ ENDED, 3

        .equ TCP_HEADER, 20     # octets without options
        .equ FIN, 1             # flags
        .equ SYN, 2
        .equ RST, 4
        .equ PSH, 8
        .equ ACK, 16
        .equ MSS, 2             # an option
        .equ OUR_MSS, 1460
        .equ USUAL_MSS, 536
        .equ LEAST_MSS, 64      # with less, nothing would ever get done

# tcp_in: r10 octets from the word r11 on; the packet's header is at r9.
tcp_in: push ra
        set  r1, TCP_HEADER
        blt  r10, r1, tcp_drop
        lw   r12, 3(r11)
        srli r13, r12, 28
        slli r13, r13, 2        # octets of its header
        blt  r13, r1, tcp_drop
        blt  r10, r13, tcp_drop
        mov  r1, r11
        mov  r2, r10
        set  r3, TCP
        lw   r7, 3(r9)
        call carried
        bnez r1, tcp_drop
        sw   r13, tcp_text_at(r0)
        sub  r13, r10, r13      # octets of text
        srli r12, r12, 16
        andi r12, r12, 0x3f     # flags
        lw   r1, 0(r11)
        call tcp_find
        beqz r8, tcp_stranger
        call tcp_heard
        lw   r1, STATE(r8)
        set  r2, SYN_SENT
        beq  r1, r2, tcp_greeted
        set  r2, TIME_WAIT
        bne  r1, r2, tcp_known
        andi r2, r12, SYN
        bnez r2, tcp_open       # the other has begun anew
        andi r2, r12, RST
        bnez r2, tcp_drop       # RFC 1337: an old segment of ours may have called for it

# A segment of a connection r8: flags r12, r13 octets of text.
tcp_known:
        andi r1, r12, RST
        beqz r1, 1f
        lw   r1, 1(r11)
        lw   r2, RCV(r8)
        bne  r1, r2, tcp_drop   # RFC 5961: anybody might have guessed it nearly
        sw   r0, STATE(r8)
        b    tcp_drop
1:      andi r1, r12, SYN
        bnez r1, tcp_again      # an old one, or a guess
        andi r1, r12, ACK
        beqz r1, tcp_drop
        call tcp_acked
        beqz r1, tcp_again      # of what was never sent
        lw   r1, STATE(r8)
        set  r2, ESTABLISHED
        blt  r1, r2, tcp_drop
        call tcp_text
tcp_go_on:
        lw   r1, LEFT(r8)
        bnez r1, 2f             # one thing after the other
        lw   r1, COUNT(r8)
        lw   r2, THEIRS(r8)
        or   r1, r1, r2
        beqz r1, 2f
        call served
2:      call tcp_out
tcp_drop:
        pop  ra
        ret

tcp_again:
        lw   r1, STATE(r8)      # say where we are
        set  r2, SYN_RECEIVED
        beq  r1, r2, tcp_drop   # the clock will
        call tcp_ack
        b    tcp_drop

# tcp_acked: what the segment acknowledges is no longer in flight. r1 is 0 if it was never sent. Uses r1 to r6.
tcp_acked:
        lw   r1, 2(r11)
        lw   r2, UNA(r8)
        lw   r3, NXT(r8)
        sub  r4, r1, r2         # octets that it acknowledges anew,
        sub  r3, r3, r2         # of so many in flight
        bgeu r3, r4, 1f
        srli r1, r4, 31         # 1 if it is an old one, of what was acknowledged before
        ret
1:      lw   r3, 3(r11)
        andi r3, r3, 0xffff
        sw   r3, WINDOW(r8)
        beqz r4, 4f
        sw   r1, UNA(r8)
        sw   r0, TRIES(r8)
        lw   r1, STATE(r8)
        set  r2, SYN_RECEIVED
        bne  r1, r2, 2f
        set  r1, ESTABLISHED
        sw   r1, STATE(r8)
        addi r4, r4, -1         # of our beginning
2:      lw   r1, LEFT(r8)
        bgeu r1, r4, 3f
        set  r2, ENDED          # of our end: there is one octet more than text
        sw   r2, OURS(r8)
        mov  r4, r1
3:      sub  r1, r1, r4
        sw   r1, LEFT(r8)
        lw   r1, TEXT(r8)
        add  r1, r1, r4
        sw   r1, TEXT(r8)
4:      set  r1, 1
        ret

# tcp_text: the text of the segment that we have not had, as far as there is room, and the end. Uses r1 to r7.
tcp_text:
        push ra
        andi r7, r12, FIN
        add  r1, r7, r13        # octets that it has
        beqz r1, 2f
        set  r2, 1
        sw   r2, OWED(r8)
        lw   r2, RCV(r8)
        lw   r3, 1(r11)
        sub  r2, r2, r3         # how many of them we have had
        bgeu r2, r1, 2f         # all; or some before them are missing
        lw   r1, THEIRS(r8)
        bnez r1, 2f             # there is nothing behind the end
        sub  r3, r13, r2
        set  r4, ROOM
        lw   r5, COUNT(r8)
        sub  r4, r4, r5
        bgeu r4, r3, 1f
        mov  r3, r4
        set  r7, 0              # its end lies behind what there is no room for
1:      add  r1, r5, r3
        sw   r1, COUNT(r8)
        lw   r1, RCV(r8)
        add  r1, r1, r3
        add  r1, r1, r7
        sw   r1, RCV(r8)
        lw   r1, tcp_text_at(r0)
        add  r2, r2, r1
        mov  r1, r11
        addi r4, r8, IN
        add  r4, r4, r5
        call unpack
        beqz r7, 2f
        lw   r1, OURS(r8)
        srli r1, r1, 1          # 1 if ours was sent
        addi r1, r1, 1
        sw   r1, THEIRS(r8)
2:      pop  ra
        ret

# tcp_greeted: the answer to our beginning.
tcp_greeted:
        andi r1, r12, ACK
        beqz r1, tcp_drop
        lw   r1, 2(r11)
        lw   r2, NXT(r8)
        bne  r1, r2, tcp_refused # an answer to somebody who was here before
        andi r2, r12, RST
        beqz r2, 1f
        sw   r0, STATE(r8)      # nobody listens there
        b    tcp_drop
1:      andi r2, r12, SYN
        beqz r2, tcp_drop
        sw   r1, UNA(r8)
        sw   r0, TRIES(r8)
        set  r1, ESTABLISHED
        sw   r1, STATE(r8)
        call tcp_learn
        set  r1, 1
        sw   r1, OWED(r8)
        b    tcp_go_on

# A segment of no connection: somebody begins one, or is told that there is none.
tcp_stranger:
        set  r1, SYN
        bne  r12, r1, tcp_refused
        lw   r1, 0(r11)
        andi r1, r1, 0xffff
        li   r2, TCP_PORT
        bne  r1, r2, tcp_refused
        call tcp_place
tcp_open:
        call tcp_learn
        lw   r7, 3(r9)
        lw   r1, 0(r11)
        set  r2, SYN_RECEIVED
        call tcp_begin
        b    tcp_drop

tcp_refused:
        andi r1, r12, RST
        bnez r1, tcp_drop
        call tcp_refuse
        b    tcp_drop

# tcp_learn: what a segment with SYN says of itself: where it begins, its window, and the size of segments, if the option
# is there. Options that are none end the list. Uses r1 to r7.
tcp_learn:
        push ra
        lw   r1, 1(r11)
        addi r1, r1, 1
        sw   r1, RCV(r8)
        lw   r1, 3(r11)
        andi r1, r1, 0xffff
        sw   r1, WINDOW(r8)
        set  r1, USUAL_MSS
        sw   r1, PEER_MSS(r8)
        set  r7, TCP_HEADER     # the octet that is looked at
1:      mov  r2, r7
        call tcp_option
        beqz r1, 3f             # there are no more
        addi r7, r7, 1
        set  r2, 1
        beq  r1, r2, 1b         # it fills up
        push r1
        mov  r2, r7
        call tcp_option         # its length, with both these octets
        pop  r3
        slti r2, r1, 2
        bnez r2, 3f
        lw   r4, tcp_text_at(r0)
        add  r2, r7, r1
        addi r2, r2, -1         # where it ends
        bltu r4, r2, 3f
        set  r2, MSS
        bne  r3, r2, 2f
        set  r2, 4
        beq  r1, r2, 4f
2:      addi r7, r7, -1
        add  r7, r7, r1
        b    1b
4:      addi r2, r7, 1
        call tcp_option
        push r1
        addi r2, r7, 2
        call tcp_option
        pop  r2
        slli r2, r2, 8
        or   r1, r1, r2
        set  r2, LEAST_MSS
        bgeu r1, r2, 5f
        mov  r1, r2
5:      set  r2, OUR_MSS
        bgeu r2, r1, 6f
        mov  r1, r2
6:      sw   r1, PEER_MSS(r8)
3:      pop  ra
        ret

# tcp_option: r1 = the octet r2 of the segment; 0 behind its header. Uses r1 to r3.
tcp_option:
        lw   r1, tcp_text_at(r0)
        bltu r2, r1, 1f
        set  r1, 0
        ret
1:      srli r3, r2, 2
        add  r3, r3, r11
        lw   r1, 0(r3)
        andi r3, r2, 3
        slli r3, r3, 3
        sll  r1, r1, r3
        srli r1, r1, 24
        ret

tcp_text_at:
        .word 0                 # octets of the segment's header
