# Console output for programs on the bare machine. Include it anywhere outside the flow of control, and lib/macros.s,
# which makes it pleasant to use, at the top.
#
# Custom of all guests: r1 to r7 are arguments and scratch, r1 is the result, r8 to r13 belong to the caller,
# r14 is sp and r15 is ra. Console data is port 0, so `out r4, r0` prints the character in r4.

# puts: print the string at r1, one character per word, up to a zero word. Uses r2.
puts:   lw   r2, 0(r1)
        beqz r2, 1f
        out  r2, r0
        addi r1, r1, 1
        j    puts
1:      ret

# putd: print r1 as an unsigned decimal number. Uses r2 to r4 and the stack, where the digits wait in reverse.
putd:   set  r2, 10
        set  r3, 0
1:      remu r4, r1, r2
        addi r4, r4, '0'
        push r4
        addi r3, r3, 1
        divu r1, r1, r2
        bnez r1, 1b
2:      pop  r4
        out  r4, r0
        addi r3, r3, -1
        bnez r3, 2b
        ret

# putx: print r1 as eight hexadecimal digits. Uses r2 to r4.
putx:   set  r3, 32
1:      addi r3, r3, -4
        srl  r2, r1, r3
        andi r2, r2, 15
        sltiu r4, r2, 10
        bnez r4, 2f
        addi r2, r2, 'a' - 10 - '0'
2:      addi r2, r2, '0'
        out  r2, r0
        bnez r3, 1b
        ret
