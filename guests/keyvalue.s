# A store of names and values, asked by lines of text on port 7000 of TCP, or one line in each datagram of UDP: `set NAME
# VALUE` keeps it, and `get NAME` tells it. Without a network card (`trapline net run` gives it one) it says so.
#
# storage: 16384
# prints: there is no network
# exit: r1 = 0

        .include "lib/macros.s"

        .equ TCP_PORT, 7000
        .equ UDP_PORT, 7000
        .equ RANDOM, 5          # port of the random source

        .equ NAME, 0            # words of what is kept: the size of the name, 0 for none, and its characters
        .equ NAME_ROOM, 16
        .equ VALUE, NAME + NAME_ROOM    # the same of the value
        .equ VALUE_ROOM, 64
        .equ PAIR, VALUE + VALUE_ROOM
        .equ PAIRS, 16

        .org 16
start:  la   sp, stack
        call net_start
        bnez r1, 1f
        print "there is no network\n"
        set  r1, 0
        halt
1:      call net_next
        b    1b

# served: there is text on the connection r8: its first line, if that is whole, is answered.
served: push ra
        addi r1, r8, IN
        lw   r3, COUNT(r8)
        add  r3, r3, r1
        mov  r2, r1
1:      beq  r2, r3, 2f
        lw   r4, 0(r2)
        addi r2, r2, 1
        set  r5, '\n'
        bne  r4, r5, 1b
        sub  r2, r2, r1
        push r2
        addi r3, r8, OUT
        call respond
        addi r1, r8, OUT
        call tcp_say
        pop  r1
        call tcp_take
        b    4f
2:      lw   r1, THEIRS(r8)
        bnez r1, 3f             # no more will come
        lw   r1, COUNT(r8)
        set  r2, ROOM
        bne  r1, r2, 4f         # the rest will come
        call tcp_take           # no line is as long
3:      call tcp_close
4:      pop  ra
        ret

# datagram_in: r1 characters at `datagram` are answered with r2 characters at r1.
datagram_in:
        push ra
        mov  r2, r1
        la   r1, datagram
        la   r3, answer
        call respond
        la   r1, answer
        pop  ra
        ret

# respond: the line of r2 characters at r1 is answered at r3, with r2 characters. Uses all registers but r8, r9 and r11.
respond:
        push ra
        push r3
        mov  r12, r1            # what is not read yet, up to r13
        add  r13, r1, r2
        mov  r10, r3            # where the answer goes on
1:      beq  r12, r13, 2f       # the end of the line does not belong to it
        lw   r1, -1(r13)
        set  r2, ' '
        bge  r1, r2, 2f
        addi r13, r13, -1
        b    1b
2:      mov  r1, r12            # nor do such characters belong anywhere else in it
        set  r3, ' '
3:      beq  r1, r13, 4f
        lw   r2, 0(r1)
        addi r1, r1, 1
        bge  r2, r3, 3b
        b    what
4:      la   r2, get
        call begins
        bnez r1, tell
        la   r2, put
        call begins
        bnez r1, keep
what:   la   r2, said_what
say:    call append
        mov  r2, r10
        pop  r3
        sub  r2, r2, r3
        pop  ra
        ret

tell:   call name
        beqz r1, what
        bne  r5, r13, what
        call find
        la   r2, said_none
        beqz r6, say
        la   r2, said_is
        call append
        addi r2, r6, VALUE
        lw   r3, 0(r2)
1:      beqz r3, 2f
        addi r2, r2, 1
        lw   r1, 0(r2)
        sw   r1, 0(r10)
        addi r10, r10, 1
        addi r3, r3, -1
        b    1b
2:      la   r2, said_end
        b    say

keep:   call name
        beqz r1, what
        sub  r1, r13, r5        # the value, with the space before it
        beqz r1, what
        slti r2, r1, VALUE_ROOM + 1
        beqz r2, what
        call find
        bnez r6, 1f
        mov  r6, r7
        la   r2, said_full
        beqz r6, say
        sub  r1, r5, r12
        mov  r2, r12
        mov  r3, r6
        call copy
1:      sub  r1, r13, r5
        addi r1, r1, -1
        addi r2, r5, 1
        addi r3, r6, VALUE
        call copy
        la   r2, said_ok
        b    say

# begins: r1 is whether what is not read yet begins with the text at r2, up to a zero word; then that is read. Uses r1 to
# r4.
begins: mov  r3, r12
1:      lw   r1, 0(r2)
        beqz r1, 2f
        beq  r3, r13, 3f
        lw   r4, 0(r3)
        bne  r1, r4, 3f
        addi r2, r2, 1
        addi r3, r3, 1
        b    1b
2:      mov  r12, r3
        set  r1, 1
        ret
3:      set  r1, 0
        ret

# name: the name that begins at r12 ends before r5, and r1 is whether it is one. Uses r1 to r3.
name:   mov  r5, r12
1:      beq  r5, r13, 2f
        lw   r1, 0(r5)
        set  r2, ' '
        beq  r1, r2, 2f
        addi r5, r5, 1
        b    1b
2:      sub  r1, r5, r12
        addi r1, r1, -1
        sltiu r1, r1, NAME_ROOM - 1
        ret

# find: r6 is the pair with the name from r12 to r5, and r7 one that is free; 0 if there is none. Uses r1 to r4.
find:   set  r7, 0
        la   r6, pairs
1:      lw   r1, NAME(r6)
        bnez r1, 2f
        mov  r7, r6
        b    4f
2:      sub  r2, r5, r12
        bne  r1, r2, 4f
        mov  r1, r12
        mov  r2, r6
3:      beq  r1, r5, 5f
        lw   r3, 0(r1)
        lw   r4, 1(r2)
        addi r1, r1, 1
        addi r2, r2, 1
        beq  r3, r4, 3b
4:      addi r6, r6, PAIR
        la   r1, pairs_end
        bne  r6, r1, 1b
        set  r6, 0
5:      ret

# copy: r1 characters from r2 on are kept at r3, behind their number. Uses r1 to r4.
copy:   sw   r1, 0(r3)
1:      beqz r1, 2f
        lw   r4, 0(r2)
        sw   r4, 1(r3)
        addi r2, r2, 1
        addi r3, r3, 1
        addi r1, r1, -1
        b    1b
2:      ret

# append: the text at r2, up to a zero word, goes to the answer. Uses r1 and r2.
append: lw   r1, 0(r2)
        beqz r1, 1f
        sw   r1, 0(r10)
        addi r2, r2, 1
        addi r10, r10, 1
        b    append
1:      ret

get:    .string "get "
put:    .string "set "
said_is:
        .string "= "
said_end:
        .string "\n"
said_none:
        .string "none\n"
said_ok:
        .string "ok\n"
said_full:
        .string "full\n"
said_what:
        .string "what?\n"

protocols:
        .word ICMP, icmp_in, TCP, tcp_in, UDP, udp_in, 0
        .equ ticked, tcp_ticked

echoed: ret                     # we ask for none

        .include "lib/console.s"
        .include "net/card.s"
        .include "net/arp.s"
        .include "net/ip.s"
        .include "net/icmp.s"
        .include "net/udp.s"
        .include "net/tcp.s"
        .include "net/tcp_out.s"
        .include "net/text.s"
answer: .space OUT_ROOM
        .space 32
stack:
pairs:  .space PAIRS * PAIR
pairs_end:
