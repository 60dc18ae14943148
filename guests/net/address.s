# Addresses of IP from the console, and to it: four numbers with points between them.

        .equ STATUS, 1          # the console's second port: bit 0, a character waits; bit 1, no more will come

# address: r7 = the address that the next line of input has, four numbers with points between them; 0 if there is none.
# Meanwhile others are answered. Uses all registers.
address:
        push ra
        set  r7, 0
        set  r6, 0              # the number
1:      set  r2, STATUS
        in   r1, r2
        andi r2, r1, 1
        bnez r2, 2f
        bnez r1, 4f             # no more will come
        push r6
        push r7
        call net_next
        pop  r7
        pop  r6
        b    1b
2:      in   r1, r0
        addi r2, r1, -'0'
        sltiu r3, r2, 10
        beqz r3, 3f
        set  r3, 10
        mul  r6, r6, r3
        add  r6, r6, r2
        b    1b
3:      slli r7, r7, 8
        or   r7, r7, r6
        set  r6, 0
        set  r2, '.'
        beq  r1, r2, 1b
        pop  ra
        ret
4:      set  r7, 0
        pop  ra
        ret

# puta: print the address r7. Uses r1 to r6.
puta:   push ra
        set  r6, 24
1:      srl  r1, r7, r6
        andi r1, r1, 0xff
        call putd
        addi r6, r6, -8
        bltz r6, 2f
        set  r1, '.'
        out  r1, r0
        b    1b
2:      pop  ra
        ret
