# Ask the store of the station 2: say all lines of the input over one connection of TCP, and print what is answered. If
# the connection is given up, so is all.
#
# storage: 16384

        .include "<macros.s>"

        .equ TCP_PORT, 0x10000  # none: nobody is served here
        .equ RANDOM, 5
        .equ STATUS, 1
        .equ PORT, 7000

        .org 16
start:  la   sp, stack
        call net_start
        la   r1, asked          # the whole input is one text
1:      set  r2, STATUS
        in   r3, r2
        set  r4, 2
        beq  r3, r4, 2f
        andi r3, r3, 1
        beqz r3, 1b
        in   r3, r0
        sw   r3, 0(r1)
        addi r1, r1, 1
        b    1b
2:      sw   r1, asked_end(r0)
        li   r7, 10 << 24 | 2
        set  r2, PORT
        call tcp_connect
        sw   r8, with(r0)
        la   r1, asked
        lw   r2, asked_end(r0)
        sub  r2, r2, r1
        call tcp_say
        call tcp_close
1:      call net_next           # what the other repeats is answered still, when all is said
        lw   r8, with(r0)
        lw   r1, STATE(r8)
        bnez r1, 1b
        print "given up\n"
        halt

served: push ra
        addi r2, r8, IN
        lw   r1, COUNT(r8)
        add  r3, r1, r2
1:      beq  r2, r3, 2f
        lw   r4, 0(r2)
        out  r4, r0
        addi r2, r2, 1
        b    1b
2:      call tcp_take
        pop  ra
        ret

protocols:
        .word TCP, tcp_in, 0
        .equ ticked, tcp_ticked

        .include <console.s>
        .include "net/card.s"
        .include "net/arp.s"
        .include "net/ip.s"
        .include "net/tcp.s"
        .include "net/tcp_out.s"
        .include "net/text.s"
with:   .word 0
asked_end:
        .word 0
        .space 64
stack:
asked:  .space 1024
