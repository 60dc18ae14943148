# Fetch the page of the web servers whose addresses the input names (HTTP/1.0), and print what they say. Without a network
# card (`trapline net run` gives it one) it says so.
#
# storage: 12288
# input: 10.0.0.2
# prints: there is no network
# exit: r1 = 0

        .include "lib/macros.s"

        .equ TCP_PORT, 0x10000  # none: nobody is served here
        .equ HTTP, 80
        .equ RANDOM, 5          # port of the random source

        .org 16
start:  la   sp, stack
        call net_start
        bnez r1, next
        print "there is no network\n"
        set  r1, 0
        halt

next:   call address            # r7
        beqz r7, ended
        sw   r7, asked(r0)
        set  r2, HTTP
        call tcp_connect
        sw   r8, with(r0)
        la   r1, get
        set  r2, get_end - get
        call tcp_say
        call tcp_close
1:      call net_next
        lw   r8, with(r0)
        lw   r1, STATE(r8)
        beqz r1, 2f
        set  r2, TIME_WAIT
        bne  r1, r2, 1b
2:      lw   r1, THEIRS(r8)
        bnez r1, next
        lw   r7, asked(r0)
        call puta
        print ": given up\n"
        b    next

ended:  call net_next           # what the others repeat is answered still
        b    ended

# served: print the text that is there on the connection r8.
served: push ra
        addi r2, r8, IN
        lw   r1, COUNT(r8)
        add  r3, r1, r2
1:      beq  r2, r3, 3f
        lw   r4, 0(r2)
        set  r5, '\r'
        beq  r4, r5, 2f
        out  r4, r0
2:      addi r2, r2, 1
        b    1b
3:      call tcp_take
        pop  ra
        ret

get:    .ascii "GET / HTTP/1.0\r\n\r\n"
get_end:

protocols:
        .word ICMP, icmp_in, TCP, tcp_in, 0
        .equ ticked, tcp_ticked

echoed: ret                     # we ask for none

        .include "lib/console.s"
        .include "net/card.s"
        .include "net/arp.s"
        .include "net/ip.s"
        .include "net/icmp.s"
        .include "net/tcp.s"
        .include "net/tcp_out.s"
        .include "net/text.s"
        .include "net/address.s"
asked:  .word 0                 # whom we ask
with:   .word 0                 # by which connection
        .space 32
stack:
