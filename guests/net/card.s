# Frames in and out by the network card (docs/devices.md), and what a program with a network waits in: `net_next`.
#
# Custom of all these files: a routine may use r1 to r7, as in lib/console.s. While something that has arrived is looked
# at, r12 is the buffer of its frame, r9 the header of IP, r11 the first word of what that carries and r10 its octets;
# what handles it may use all registers but sp. Nothing that has arrived is believed: each layer drops what it cannot be.

        .equ CARD_SEND, 11      # ports
        .equ CARD_RECEIVE, 12
        .equ GIVEN, 1           # words of a ring
        .equ TAKEN, 2
        .equ STATION, 3
        .equ SLOTS, 4
        .equ BUFFERS, 8         # to receive into, a power of two
        .equ BUFFER, 380        # words: two octets, and a frame of 1514 and its tag

        .ifndef TAG
        .equ TAG, 0             # words of a frame's tag: 1 at a trunk of several VLANs (IEEE 802.1Q), see router.s
        .endif

        .equ TO, 0              # words of a frame: 16 bits of an address in the first, 32 in the second
        .equ FROM, 2            # here 32 and 16
        .equ TYPE, 3 + TAG      # in its low half
        .equ PACKET, 4 + TAG
        .equ HEADER, 14 + 4 * TAG       # octets before the packet
        .equ LOCAL, 0x0254      # the first octets of the address of every station
        .equ TYPE_IP, 0x0800
        .equ TYPE_ARP, 0x0806
        .equ TYPE_TAG, 0x8100

        .equ TICK, 20000        # steps, while somebody needs the clock

# net_start: give the card its buffers. r1 is the number of our station, from which our addresses follow; 0 if there is
# no card.
net_start:
        la   r1, inbound
        set  r2, CARD_RECEIVE
        out  r1, r2             # the card looks before the next step, and writes the number into its ring
        lui  r2, 10 << 8        # 10.x.y.z is the station with the number xyz
        lw   r1, inbound + STATION(r0)
        or   r2, r2, r1
        sw   r2, our_ip(r0)
        ret

# net_next: handle one frame that has arrived, or a tick of the clock, or wait for one of them. Uses all registers.
net_next:
        push ra
        lw   r1, net_seen(r0)
        lw   r2, inbound + TAKEN(r0)
        bne  r1, r2, frame_in
        rtim r1
        set  r2, 1
        beq  r1, r2, net_tick
        idle                    # if something came since, its bit is pending: no waiting
        rpnd r1
        cpnd r1                 # before the next look, or a frame could wait for ever
        pop  ra
        ret

net_tick:
        stim r0
        lw   r1, ticks(r0)
        addi r1, r1, 1
        sw   r1, ticks(r0)
        call ticked             # the program's: r1 is 0 if nobody needs the clock any more
        beqz r1, 1f
        call net_clock
1:      pop  ra
        ret

# net_clock: have the clock tick, from now on if it does not. Uses r1 and r2.
net_clock:
        rtim r1
        bnez r1, 1f
        li   r2, TICK
        stim r2
1:      ret

# frame_in: the frame in the buffer that is seen next; then its buffer is the card's again.
frame_in:
        slli r2, r1, 1
        add  r2, r2, r1         # a slot has three words
        lw   r12, inbound + SLOTS(r2)
        lw   r10, inbound + SLOTS + 2(r2)
        addi r10, r10, -HEADER  # octets of the packet, filled up to 46
        bltz r10, 2f            # it was too long for a buffer
        .if  TAG
        lw   r1, TYPE - 1(r12)
        andi r1, r1, 0xffff
        li   r2, TYPE_TAG
        bne  r1, r2, 2f
        lw   r1, TYPE(r12)
        srli r1, r1, 16
        andi r1, r1, 0xfff
        call enter_vlan         # the program's: r1 is 0 if it has no business there
        beqz r1, 2f
        .endif
        lw   r1, TYPE(r12)
        andi r1, r1, 0xffff
        set  r2, TYPE_IP
        bne  r1, r2, 1f
        call ip_in
        b    2f
1:      set  r2, TYPE_ARP
        bne  r1, r2, 2f
        call arp_in
2:      lw   r1, net_seen(r0)
        addi r1, r1, 1
        andi r1, r1, BUFFERS - 1
        sw   r1, net_seen(r0)
        lw   r1, inbound + GIVEN(r0)
        addi r1, r1, 1
        andi r1, r1, BUFFERS - 1
        sw   r1, inbound + GIVEN(r0)
        la   r1, inbound
        set  r2, CARD_RECEIVE
        out  r1, r2
        pop  ra
        ret

# net_send: the packet of r4 octets in `outbuf` leaves as a frame of type r3 for the address r1:r2, 16 bits and 32; then
# the buffer is free for another. Uses r1 to r5.
net_send:
        sw   r1, outbuf + TO(r0)
        sw   r2, outbuf + TO + 1(r0)
        lw   r1, inbound + STATION(r0)
        lui  r2, LOCAL
        srli r5, r1, 16
        or   r2, r2, r5
        sw   r2, outbuf + FROM(r0)
        slli r1, r1, 16
        .if  TAG
        li   r2, TYPE_TAG
        or   r1, r1, r2
        sw   r1, outbuf + TYPE - 1(r0)
        lw   r1, vlan(r0)
        slli r1, r1, 16
        .endif
        or   r1, r1, r3
        sw   r1, outbuf + TYPE(r0)
        addi r4, r4, HEADER
        lw   r1, outbound + GIVEN(r0)
        slli r2, r1, 1
        add  r2, r2, r1
        sw   r4, outbound + SLOTS + 1(r2)
        xori r1, r1, 1          # of two slots the other one
        sw   r1, outbound + GIVEN(r0)
        la   r1, outbound
        set  r2, CARD_SEND
        out  r1, r2
1:      in   r1, r2
        bnez r1, 1b
        ret

our_ip: .word 0
net_seen:
        .word 0                 # the slot that is looked at next
ticks:  .word 0
outbound:
        .word 2, 0, 0, 0, outbuf, 0, 0, outbuf, 0, 0
inbound:
        .word BUFFERS, BUFFERS - 1, 0, 0
        .rept BUFFERS, i
        .word inbuf + \i * BUFFER, BUFFER * 4 - 2, 0
        .endr
outbuf: .space BUFFER
inbuf:  .space BUFFERS * BUFFER
