# Print the files on a disk that is an archive as `tar` makes it: for each its name and size, and what is in it.
#
# disk: 4
# prints: no files
# exit: r1 = 0
# steps: 2000

        .include "lib/macros.s"

        .equ ADDRESS, 2         # the disk's ports
        .equ BLOCK, 3
        .equ COMMAND, 4         # also the status
        .equ READ, 1
        .equ BUSY, 1
        .equ OCTETS, 512        # of a block, four in each word, the first in its low bits
        .equ SIZE, 124          # octets of a header before the size of its file, in octal digits

        .org 16
start:  la   sp, stack
        set  r8, 0              # the block
        set  r9, 0              # files until now
next:   call read
        bnez r1, done           # the disk ends, or fails
        lw   r1, buffer(r0)
        beqz r1, done           # no name: the archive ends
        set  r10, SIZE
        set  r11, 0
1:      call octet
        addi r1, r1, -'0'
        set  r2, 8
        bgeu r1, r2, 2f
        slli r11, r11, 3
        add  r11, r11, r1
        addi r10, r10, 1
        b    1b
2:      set  r10, 0
3:      call octet
        beqz r1, 4f
        out  r1, r0
        addi r10, r10, 1
        b    3b
4:      print ": "
        mov  r1, r11
        call putd
        print " octets\n"
        addi r9, r9, 1
        addi r8, r8, 1

5:      beqz r11, next          # r11 octets are left
        call read
        bnez r1, done
        addi r8, r8, 1
        set  r10, 0
6:      call octet
        out  r1, r0
        addi r10, r10, 1
        addi r11, r11, -1
        beqz r11, next
        set  r2, OCTETS
        bne  r10, r2, 6b
        b    5b

done:   bnez r9, 1f
        print "no files\n"
1:      set  r1, 0
        halt

# octet: r1 is octet r10 of the buffer. Uses r2.
octet:  srli r1, r10, 2
        la   r2, buffer
        add  r1, r1, r2
        lw   r1, 0(r1)
        andi r2, r10, 3
        slli r2, r2, 3
        srl  r1, r1, r2
        andi r1, r1, 255
        ret

# read: block r8 into the buffer; r1 is the status when it is there. Uses r2 to r4.
read:   la   r3, buffer
        set  r4, ADDRESS
        out  r3, r4
        set  r4, BLOCK
        out  r8, r4
        set  r4, COMMAND
        set  r2, READ
        out  r2, r4
        set  r2, BUSY
1:      idle
        rpnd r1
        cpnd r1
        in   r1, r4
        beq  r1, r2, 1b
        ret

        .include "lib/console.s"
        .space 32
stack:
buffer: .space 128
        .word 0
