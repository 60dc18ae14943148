# Supervisor, a user program with a stack of its own, a trap each for MOVE to SR and for TRAP, the end.
        .org 8
        .word handler, 0x2700, 0, 0xffffffff
        .org 16
start:  movei.w stack, d0
        movea d0, a7
        movei.w ustack, d0
        movea d0, a1
        move.to.usp a1
        movei.w greeting, d2
        movea d2, a2
        bsr  print
        lea  -4(a7), a7         # a frame: status, pc, relocation
        moveq 0, d0
        move.st d0, 0(a7)
        movei.w user, d3
        move.st d3, 1(a7)
        move.st d0, 2(a7)
        moveq -1, d0
        move.st d0, 3(a7)
        rte
user:   moveq 20, d3
        add.l d3, d3
        bsr  twice
        move.to.sr d3           # traps
        trap.n 3
twice:  add.l d3, d3
        rts
        .equ PRIVILEGE, 8
handler:
        moveq 0, d0
        movea d0, a0
        move.ld 4(a0), d4
        moveq PRIVILEGE, d5
        cmp.l d5, d4
        bne  done
        moveq '*', d6
        out  0, d6
        lea  -4(a7), a7
        move.ld 1(a0), d0       # back to what trapped, one instruction on
        move.st d0, 0(a7)
        move.ld 0(a0), d0
        moveq 1, d5
        add.l d5, d0
        move.st d0, 1(a7)
        move.ld 2(a0), d0
        move.st d0, 2(a7)
        move.ld 3(a0), d0
        move.st d0, 3(a7)
        rte
done:   movei.w goodbye, d2
        movea d2, a2
        bsr  print
        moveq 0, d1
        stop.sr 0x2700
print:  move.ld 0(a2), d6
        beq  1f
        out  0, d6
        lea  1(a2), a2
        bra  print
1:      rts
        .space 8
stack:  .space 8
ustack:
greeting: .string "in "
goodbye:  .string " out\n"
