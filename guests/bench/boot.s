# Much code that hardly runs, like a system that boots: PARTS different routines one behind the other, called in order,
# ROUNDS times. Most of them are called once or twice each time, a few a little more often.
#
# At the halt word 7 has the number of calls and word 6 a checksum. Each further line `sixteen` at the end of this file
# makes 16 more routines; PARTS must not be more than there are.

        .equ PARTS, 16
        .equ ROUNDS, 2
        .equ CHECKSUM, 6
        .equ RESULT, 7
        .equ DATA, 512          # words that the routines work on

        .org 8
        .word wrong, Mode.supervisor, 0, 0xffffffff

        .org 16
start:  la   sp, stack
        la   r11, data
        set  r12, 0             # the checksum
        sw   r0, RESULT(r0)
        set  r1, DATA
        mov  r2, r11
1:      mul  r3, r1, r1
        sw   r3, 0(r2)
        addi r2, r2, 1
        addi r1, r1, -1
        bnez r1, 1b

        li   r10, ROUNDS
round:  li   r9, PARTS
        la   r8, parts
next:   andi r1, r9, 31
        la   r2, calls
        add  r1, r1, r2
        lw   r13, 0(r1)         # how often this one
        lw   r1, RESULT(r0)
        add  r1, r1, r13
        sw   r1, RESULT(r0)
1:      jalr ra, 0(r8)
        addi r13, r13, -1
        bnez r13, 1b
        mov  r8, r1
        addi r9, r9, -1
        bnez r9, next
        addi r10, r10, -1
        bnez r10, round
        sw   r12, CHECKSUM(r0)
        set  r1, 0
        halt
wrong:  set  r1, 1              # there is no trap in this program
        halt

calls:  .word 1, 2, 1, 4, 1, 1, 8, 2, 1, 3, 1, 24, 1, 2, 1, 5, 1, 1, 2, 1, 40, 1, 2, 4, 1, 1, 12, 1, 2, 1, 3, 60

# mix: r1 stirred, for all who want it.
mix:    slli r2, r1, 13
        xor  r1, r1, r2
        srli r2, r1, 17
        xor  r1, r1, r2
        slli r2, r1, 5
        xor  r1, r1, r2
        ret

        .space 64
stack:
data:   .space DATA

# The routines. Each works on the words at r11, adds something to r12, leaves the other registers from r8 on, and returns
# the address behind itself in r1. No two are alike, for `\@` is another number in each.

# done: the end of a routine.
.macro done
        add  r12, r12, r3
        la   r1, 9f
        ret
9:
.endm

# probe: look at the bits of a word, one after the other, as if it told what is there.
.macro probe
        lw   r2, (\@ * 13 & 255)(r11)
        xori r2, r2, \@ * 2654 & 0xffff
        set  r3, \@ & 0xfff
        andi r4, r2, 1
        beqz r4, 1f
        addi r3, r3, \@ & 63
        sw   r3, (\@ * 29 & 255)(r11)
1:      andi r4, r2, 2
        bnez r4, 2f
        xori r3, r3, \@ * 77 & 0xffff
        slli r3, r3, 1
2:      andi r4, r2, 4
        beqz r4, 3f
        lw   r5, (\@ * 5 & 255)(r11)
        add  r3, r3, r5
3:      andi r4, r2, 8
        beqz r4, 4f
        sub  r3, r2, r3
        srli r3, r3, 3
4:      andi r4, r2, 16
        bnez r4, 5f
        sw   r2, (\@ * 3 & 255)(r11)
        ori  r3, r3, \@ & 0xff
5:      sltiu r4, r3, 1000
        bnez r4, 6f
        andi r3, r3, 0xfff
6:      sw   r3, (\@ * 31 & 255)(r11)
        done
.endm

# copy: move some words and add them up.
.macro copy
        addi r1, r11, \@ * 7 & 255
        addi r2, r11, 256 + (\@ * 11 & 127)
        set  r3, \@ & 0x3ff
        set  r4, 8 + (\@ & 31)
1:      lw   r5, 0(r1)
        add  r3, r3, r5
        sw   r5, 0(r2)
        addi r1, r1, 1
        addi r2, r2, 1
        addi r4, r4, -1
        bnez r4, 1b
        beqz r3, 2f
        lw   r5, (\@ * 3 & 255)(r11)
        xor  r5, r5, r3
        sw   r5, (\@ * 3 & 255)(r11)
2:      done
.endm

# chain: link some words to a list, then walk along it.
.macro chain
        addi r1, r11, 256 + (\@ * 3 & 127)
        set  r2, 4 + (\@ & 15)
        mov  r4, r1
1:      addi r5, r4, 3
        sw   r5, 0(r4)
        sw   r2, 1(r4)
        mov  r4, r5
        addi r2, r2, -1
        bnez r2, 1b
        sw   r0, 0(r4)
        set  r3, 0
2:      lw   r5, 0(r1)
        beqz r5, 4f
        lw   r6, 1(r1)
        andi r7, r6, 1 + (\@ & 2)
        beqz r7, 3f
        add  r3, r3, r6
3:      mov  r1, r5
        j    2b
4:      sw   r3, (\@ * 19 & 255)(r11)
        done
.endm

# digits: write a number in some base.
.macro digits
        push ra
        lw   r1, (\@ * 17 & 255)(r11)
        call mix
        addi r2, r11, 256 + (\@ * 5 & 127)
        set  r3, 0
        set  r4, 7 + (\@ & 15)
1:      remu r5, r1, r4
        addi r5, r5, '0'
        sw   r5, 0(r2)
        addi r2, r2, 1
        add  r3, r3, r5
        divu r1, r1, r4
        bnez r1, 1b
        pop  ra
        done
.endm

# cases: jump through a table.
.macro cases
        push ra
        lw   r1, (\@ * 23 & 255)(r11)
        addi r1, r1, \@ & 0xfff
        call mix
        sw   r1, (\@ * 23 & 255)(r11)
        andi r4, r1, 3
        la   r5, 8f
        add  r4, r4, r5
        lw   r4, 0(r4)
        jr   r4
1:      addi r3, r1, \@ & 0xff
        j    5f
2:      xori r3, r1, \@ & 0xffff
        sw   r3, (\@ * 2 & 255)(r11)
        j    5f
3:      srli r3, r1, \@ & 15
        j    5f
4:      lw   r3, (\@ * 9 & 255)(r11)
        sub  r3, r3, r1
5:      pop  ra
        add  r12, r12, r3
        la   r1, 9f
        ret
8:      .word 1b, 2b, 3b, 4b
9:
.endm

.macro sixteen
        probe
        copy
        chain
        digits
        cases
        probe
        cases
        chain
        probe
        copy
        cases
        digits
        probe
        chain
        cases
        probe
.endm

parts:
        sixteen
