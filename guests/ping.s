# Ask the stations named by the input whether they are there, three times each; and answer whoever asks likewise, for
# ever. Without a network card (`trapline net run` gives it one) it says so.
#
# storage: 8192
# input: 10.0.0.2
# prints: there is no network
# exit: r1 = 0

        .include "lib/macros.s"

        .equ PINGS, 3
        .equ PATIENCE, 20       # ticks
        .equ SIZE, 40           # octets of a message

        .org 16
start:  la   sp, stack
        call net_start
        bnez r1, next
        print "there is no network\n"
        set  r1, 0
        halt

next:   call address            # r7
        bnez r7, ask
1:      call net_next           # the input has ended: answer
        b    1b

ask:    sw   r7, asked(r0)
        sw   r0, number(r0)
        sw   r0, answers(r0)
        call hop
        call arp_find           # or the first message would be dropped for it
        set  r1, PATIENCE - 2
        call wait
1:      lw   r1, number(r0)
        set  r2, PINGS
        beq  r1, r2, told
        addi r1, r1, 1
        sw   r1, number(r0)
        call send
        set  r1, 0
        call wait
        lw   r1, answers(r0)
        lw   r2, answer(r0)
        add  r1, r1, r2
        sw   r1, answers(r0)
        b    1b

told:   lw   r7, asked(r0)
        call puta
        print ": "
        lw   r1, answers(r0)
        call putd
        print " of "
        set  r1, PINGS
        call putd
        print " answered\n"
        b    next

# wait: until an answer is there, or the ticks, from r1 on, have come to PATIENCE. Uses all registers.
wait:   push ra
        sw   r1, ticks(r0)
        sw   r0, answer(r0)
        call net_clock
1:      call net_next
        call ticked
        bnez r1, 1b
        pop  ra
        ret

# send: ask the station with the address `asked` for an echo. Uses r1 to r7.
send:   push ra
        lw   r1, number(r0)     # the identifier is 0
        sw   r1, outbuf + CARRIED + 1(r0)
        la   r2, outbuf + CARRIED + 2
        la   r3, outbuf + CARRIED + SIZE / 4
        lui  r1, 0x5047         # something to carry
1:      addi r1, r1, 1
        sw   r1, 0(r2)
        addi r2, r2, 1
        bne  r2, r3, 1b
        lw   r7, asked(r0)
        set  r1, ECHO
        set  r2, SIZE
        call icmp_send
        pop  ra
        ret

# echoed: an answer of r10 octets at r11, in a packet whose header is at r9: is it the one that we wait for?
echoed: set  r1, SIZE
        bne  r10, r1, 2f
        lw   r1, 3(r9)
        lw   r2, asked(r0)
        bne  r1, r2, 2f
        lw   r1, 1(r11)
        lw   r2, number(r0)
        bne  r1, r2, 2f
        addi r2, r11, 2
        addi r3, r11, SIZE / 4
        lui  r1, 0x5047
1:      addi r1, r1, 1
        lw   r4, 0(r2)
        bne  r1, r4, 2f
        addi r2, r2, 1
        bne  r2, r3, 1b
        set  r1, 1
        sw   r1, answer(r0)
2:      ret

# ticked: the clock is needed until an answer is there or none will come any more.
ticked: lw   r1, ticks(r0)
        slti r1, r1, PATIENCE
        lw   r2, answer(r0)
        sltiu r2, r2, 1
        and  r1, r1, r2
        ret

protocols:
        .word ICMP, icmp_in, 0

        .include "lib/console.s"
        .include "net/card.s"
        .include "net/arp.s"
        .include "net/ip.s"
        .include "net/icmp.s"
        .include "net/address.s"
asked:  .word 0                 # whom we ask
number: .word 0                 # and how often we have
answer: .word 0                 # whether that was answered
answers:
        .word 0
        .space 32
stack:
