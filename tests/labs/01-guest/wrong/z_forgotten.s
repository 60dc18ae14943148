# caught by counts: nothing comes where
        .equ STATUS, 1
        .entry main
        .org 32
main:   set  sp, 8192
        call wipe
        call gather
        call show
        set  r1, 0
        halt

wipe:   set  r1, 256
1:      addi r1, r1, -1
        sw   r0, table(r1)
        bnez r1, 1b
        ret

gather: set  r3, STATUS
1:      in   r1, r3
        set  r2, 2
        beq  r1, r2, 2f
        beqz r1, 1b
        in   r1, r0
        lw   r2, table(r1)
        addi r2, r2, 1
        sw   r2, table(r1)
        j    1b
2:      ret

show:   push ra
        push r8
        set  r8, 'a'
1:      lw   r1, table(r8)
        beqz r1, 2f
        out  r8, r0
        set  r2, '\n'
        out  r2, r0
        call digits
        set  r2, '\n'
        out  r2, r0
2:      addi r8, r8, 1
        set  r2, 'z'
        bgt  r2, r8, 1b
        pop  r8
        pop  ra
        ret

digits: push ra                 # r1 in decimal, the highest digit first
        set  r2, 10
        remu r3, r1, r2
        push r3
        divu r1, r1, r2
        beqz r1, 1f
        call digits
1:      pop  r3
        addi r3, r3, '0'
        out  r3, r0
        pop  ra
        ret
table:  .space 256
