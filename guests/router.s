# Pass packets on between VLANs, for ever. Its one card is at a trunk, whose frames have tags: VLAN v has the network
# 10.0.v.0, in which this router is number 254. What it cannot pass on, it says (RFC 1812, the part that is needed here).
# Without a network card it says so (`trapline net run` gives it one).
#
# storage: 8192
# prints: there is no network
# exit: r1 = 0

        .equ TAG, 1
        .equ ROUTER, 1
        .equ KNOWN, 64
        .include "lib/macros.s"

        .equ UNREACHABLE, 3     # types of ICMP's messages
        .equ EXCEEDED, 11
        .equ QUOTED, 8          # octets of what a packet carried that a message about it has

        .org 16
start:  la   sp, stack
        call net_start
        bnez r1, 1f
        print "there is no network\n"
        set  r1, 0
        halt
1:      call net_next
        b    1b

# enter_vlan: from now on we are who we are in VLAN r1; r1 is 0 if we are nobody there. Uses r2.
enter_vlan:
        sltiu r2, r1, 256
        beqz r2, 1f
        sw   r1, vlan(r0)
        lui  r2, 10 << 8
        slli r1, r1, 8
        or   r1, r1, r2
        addi r1, r1, GATEWAY
        sw   r1, our_ip(r0)
        lw   r1, vlan(r0)
        ret
1:      set  r1, 0
        ret

# forward: the packet of r10 octets at r9, whose header has r7 words, is for somebody else.
forward:
        push ra
        mov  r8, r7
        lw   r1, 2(r9)
        srli r2, r1, 24         # how many may still pass it on, and we are one of them
        set  r1, EXCEEDED
        sltiu r2, r2, 2
        bnez r2, 8f
        lw   r7, 4(r9)
        srli r2, r7, 28
        sltiu r2, r2, 0xe
        beqz r2, 9f             # for many
        set  r1, UNREACHABLE
        srli r2, r7, 16
        set  r3, 10 << 8
        bne  r2, r3, 8f
        lw   r3, vlan(r0)
        srli r1, r7, 8
        andi r1, r1, 0xff
        call enter_vlan
        beqz r1, 7f
        call arp_find
        beqz r3, 9f
        call pass
        b    9f
7:      mov  r1, r3             # VLAN 0 is none
        call enter_vlan
        set  r1, UNREACHABLE
8:      call complain
9:      pop  ra
        ret

# pass: the packet of r10 octets at r9, whose header has r8 words, leaves for the station r1:r2. Uses r1 to r6.
pass:   push ra
        push r1
        push r2
        li   r1, 1 << 24
        lw   r2, 2(r9)
        sub  r2, r2, r1
        srli r2, r2, 16
        slli r2, r2, 16         # without its checksum
        sw   r2, 2(r9)
        mov  r1, r9
        slli r2, r8, 2
        set  r3, 0
        call checksum
        lw   r2, 2(r9)
        or   r2, r2, r1
        sw   r2, 2(r9)
        la   r3, outbuf + PACKET
        mov  r4, r9
        addi r5, r10, 3
        srli r5, r5, 2
        add  r5, r5, r9         # where it ends
        call words
        pop  r2
        pop  r1
        set  r3, TYPE_IP
        mov  r4, r10
        call net_send
        pop  ra
        ret

# complain: whoever has sent the packet at r9, whose header has r8 words, is told r1 of it: an ICMP type. But nobody
# complains about complaints, nor about what is not the beginning of a packet. Uses r1 to r7.
complain:
        push ra
        lw   r2, 1(r9)
        andi r2, r2, 0x1fff
        bnez r2, 9f
        lw   r2, 2(r9)
        srli r2, r2, 16
        andi r2, r2, 0xff
        set  r3, ICMP
        bne  r2, r3, 1f
        add  r2, r9, r8
        lw   r2, 0(r2)
        srli r2, r2, 24
        set  r3, ECHO
        bne  r2, r3, 9f
1:      sw   r0, outbuf + CARRIED + 1(r0)
        la   r3, outbuf + CARRIED + 2
        mov  r4, r9
        add  r5, r9, r8
        addi r5, r5, QUOTED / 4
        call words
        slli r2, r8, 2
        addi r2, r2, ICMP_HEADER + QUOTED
        lw   r7, 3(r9)
        call icmp_send
9:      pop  ra
        ret

# words: what stands from r4 to before r5 stands from r3 on too. Uses r3, r4 and r6.
words:  lw   r6, 0(r4)
        sw   r6, 0(r3)
        addi r3, r3, 1
        addi r4, r4, 1
        bltu r4, r5, words
        ret

# echoed, ticked: we ask nobody, and need no clock.
echoed: ret
ticked: set  r1, 0
        ret

protocols:
        .word ICMP, icmp_in, 0

        .include "lib/console.s"
        .include "net/card.s"
        .include "net/arp.s"
        .include "net/ip.s"
        .include "net/icmp.s"
vlan:   .word 0
        .space 32
stack:
