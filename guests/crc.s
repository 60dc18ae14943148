# CRC-32 (polynomial edb88320 reflected, as in Ethernet and zip) of the usual check text, then of ROUNDS times the
# numbers 0 to 255 as bytes.
#
# prints: 123456789 cbf43926
# prints: bytes 29058c73
# exit: r1 = 0
# steps: 60000

        .include "lib/macros.s"

        .equ ROUNDS, 1

        .org 16
start:  la   sp, stack
        call table
        print "123456789 "
        la   r8, text
        set  r9, -1
1:      lw   r1, 0(r8)
        beqz r1, 2f
        call byte
        addi r8, r8, 1
        b    1b
2:      not  r1, r9
        mov  r10, r1
        call putx
        newline

        print "bytes "
        set  r9, -1
        set  r11, ROUNDS
3:      set  r8, 0
4:      mov  r1, r8
        call byte
        addi r8, r8, 1
        set  r2, 256
        blt  r8, r2, 4b
        addi r11, r11, -1
        bnez r11, 3b
        not  r1, r9
        call putx
        newline
        li   r2, 0xcbf43926
        sub  r1, r10, r2        # zero when the check text came out right
        snez r1, r1
        halt

# byte: take the byte r1 into the running remainder r9.
byte:   xor  r1, r1, r9
        andi r1, r1, 0xff
        la   r2, crcs
        add  r2, r2, r1
        lw   r2, 0(r2)
        srli r9, r9, 8
        xor  r9, r9, r2
        ret

# table: the remainder of each of the 256 bytes.
table:  li   r4, 0xedb88320
        la   r5, crcs
        set  r1, 0
1:      mov  r2, r1
        set  r3, 8
2:      andi r6, r2, 1
        srli r2, r2, 1
        beqz r6, 3f
        xor  r2, r2, r4
3:      addi r3, r3, -1
        bnez r3, 2b
        sw   r2, 0(r5)
        addi r5, r5, 1
        addi r1, r1, 1
        set  r6, 256
        blt  r1, r6, 1b
        ret

text:   .string "123456789"

        .include "lib/console.s"
        .space 32
stack:
crcs:   .space 256
