# A web server for one page (HTTP/1.0, RFC 1945), on port 80 of whatever network there is. If it has a disk, and text is
# on it, that is the page. Without a network card (`trapline net run` gives it one) it says so.
#
# storage: 16384
# prints: there is no network
# exit: r1 = 0

        .include "lib/macros.s"

        .equ TCP_PORT, 80
        .equ RANDOM, 5          # port of the random source
        .equ DISK, 2            # ports of the disk: address, block, command
        .equ BLOCK, 128         # words
        .equ OWN_BLOCKS, 8      # that may be read

        .org 16
start:  la   sp, stack
        call net_start
        bnez r1, 1f
        print "there is no network\n"
        set  r1, 0
        halt
1:      call own_page
2:      call net_next
        b    2b

# served: there is text on the connection r8, line by line. The first says what is wanted, and NOTE then has the answer;
# those that follow matter to other servers, and an empty one ends them.
served: push ra
1:      addi r2, r8, IN
        lw   r3, COUNT(r8)
        add  r3, r3, r2
        mov  r5, r2
2:      beq  r2, r3, 5f         # the line is not whole
        lw   r1, 0(r2)
        addi r2, r2, 1
        set  r4, '\n'
        bne  r1, r4, 2b
        lw   r6, NOTE(r8)
        beqz r6, 3f
        sub  r1, r2, r5
        set  r3, 1
        beq  r1, r3, 6f         # an empty line,
        set  r3, 2
        bne  r1, r3, 4f
        lw   r3, 0(r5)
        set  r4, '\r'
        beq  r3, r4, 6f         # however it ends
        b    4f
3:      push r2
        call wanted
        pop  r2
        sw   r1, NOTE(r8)
4:      addi r1, r8, IN
        sub  r1, r2, r1
        call tcp_take
        b    1b

5:      lw   r1, THEIRS(r8)
        bnez r1, 8f             # it ends before its question does
        lw   r1, COUNT(r8)
        set  r2, ROOM
        bne  r1, r2, 9f         # the rest will come
        lw   r6, NOTE(r8)
        bnez r6, 7f             # a long line that does not matter
        la   r6, bad
6:      addi r1, r6, 1
        lw   r2, 0(r6)
        call tcp_say
        call tcp_close
7:      lw   r1, COUNT(r8)
        call tcp_take
        b    9f
8:      call tcp_close
9:      pop  ra
        ret

# wanted: r1 = what answers the line at r5: its size, and its text. Uses r1 to r4.
wanted: push ra
        la   r2, get_page
        call begins
        lw   r4, shown(r0)
        bnez r1, 1f
        la   r2, get
        call begins
        la   r4, missing
        bnez r1, 1f
        la   r4, bad
1:      mov  r1, r4
        pop  ra
        ret

# begins: r1 is whether the text at r5 begins with that at r2, up to a zero word. Uses r1 to r4.
begins: mov  r3, r5
1:      lw   r1, 0(r2)
        beqz r1, 2f
        lw   r4, 0(r3)
        bne  r1, r4, 3f
        addi r2, r2, 1
        addi r3, r3, 1
        b    1b
2:      set  r1, 1
        ret
3:      set  r1, 0
        ret

# own_page: what is on the disk up to a zero octet is the page that is shown. Uses r1 to r9.
own_page:
        push ra
        set  r8, 0              # the block
        la   r9, own_text       # where its characters go
1:      call read_block
        bnez r1, 4f
        la   r3, block
2:      lw   r5, 0(r3)
        set  r6, 4              # octets, the first in the lowest bits
3:      andi r1, r5, 0xff
        beqz r1, 4f
        sw   r1, 0(r9)
        addi r9, r9, 1
        srli r5, r5, 8
        addi r6, r6, -1
        bnez r6, 3b
        addi r3, r3, 1
        la   r1, block + BLOCK
        bne  r3, r1, 2b
        addi r8, r8, 1
        set  r1, OWN_BLOCKS
        bne  r8, r1, 1b
4:      la   r1, own_text
        sub  r2, r9, r1         # characters
        beqz r2, 6f
        la   r1, own
        sw   r1, shown(r0)
        sub  r3, r9, r1
        addi r3, r3, -1
        sw   r3, 0(r1)
        la   r3, own_digits + 3
        la   r4, own_digits - 1
        set  r5, 10
5:      remu r1, r2, r5
        addi r1, r1, '0'
        sw   r1, 0(r3)
        divu r2, r2, r5
        addi r3, r3, -1
        bne  r3, r4, 5b
6:      pop  ra
        ret

# read_block: block r8 of the disk into `block`; r1 is 0 if that was done. Uses r1 to r4.
read_block:
        set  r4, -1             # no text: if it is there still, there is no disk
        sw   r4, block(r0)
        la   r1, block
        set  r2, DISK
        out  r1, r2
        set  r2, DISK + 1
        out  r8, r2
        set  r1, 1
        set  r2, DISK + 2
        out  r1, r2
        set  r3, 1
1:      in   r1, r2
        beq  r1, r3, 1b
        bnez r1, 2f
        lw   r3, block(r0)
        bne  r3, r4, 2f
        set  r1, 1
2:      ret

get_page:
        .string "GET / "
get:    .string "GET "

# reply NAME, STATUS: the size of an answer, and its head; its text follows up to NAME_end.
.macro reply name, status
\name:   .word \name\()_end - \name - 1
        .ascii "HTTP/1.0 ", \status, "\r\nContent-Type: text/html\r\nContent-Length: "
        .word '0' + (\name\()_end - \name\()_text) / 100, '0' + (\name\()_end - \name\()_text) / 10 % 10
        .word '0' + (\name\()_end - \name\()_text) % 10
        .ascii "\r\n\r\n"
\name\()_text:
.endm

        reply page, "200 OK"
        .ascii "<!DOCTYPE html>\n<html lang=en>\n<title>Trapline</title>\n"
        .ascii "<h1>A page from a virtual machine</h1>\n"
        .ascii "<p>It was sent by a program of some hundred lines of assembly, with a stack of its own below it: Ethernet,\n"
        .ascii "ARP, IPv4, TCP. It does not know whether it runs on a machine, under a monitor, or under a monitor that\n"
        .ascii "runs under another one. Neither do you.</p>\n</html>\n"
page_end:
        reply missing, "404 Not Found"
        .ascii "<!DOCTYPE html>\n<title>Not found</title>\n<p>There is one page here: <a href=\"/\">this one</a>.</p>\n"
missing_end:
        reply bad, "400 Bad Request"
        .ascii "<!DOCTYPE html>\n<title>Bad request</title>\n<p>One can GET a page here.</p>\n"
bad_end:

own:    .word 0                 # the same for what is on the disk
        .ascii "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: "
own_digits:
        .ascii "0000\r\n\r\n"
own_text:
        .space OWN_BLOCKS * BLOCK * 4
shown:  .word page
block:  .space BLOCK

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
        .space 32
stack:
