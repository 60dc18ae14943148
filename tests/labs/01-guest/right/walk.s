# No table by address: a list of letters and counts that is walked. Slow, and right, but not too slow.
        .include <macros.s>
        .org 16
start:  set  sp, 8100
        la   r10, counts
        mov  r1, r10            # clear
        set  r2, 26
1:      sw   r0, 0(r1)
        addi r1, r1, 1
        addi r2, r2, -1
        bnez r2, 1b
        set  r9, 1
poll:   in   r1, r9
        beqz r1, poll           # somebody is still typing
        andi r1, r1, 1
        beqz r1, done
        in   r8, r0
        mov  r7, r10
        set  r6, 'a'
2:      beq  r6, r8, hit
        addi r6, r6, 1
        addi r7, r7, 1
        set  r5, 'z'
        ble  r6, r5, 2b
        j    poll
hit:    lw   r5, 0(r7)
        addi r5, r5, 1
        sw   r5, 0(r7)
        j    poll
done:   set  r8, 'a'
3:      lw   r9, 0(r10)
        beqz r9, 4f
        out  r8, r0
        set  r1, ' '
        out  r1, r0
        mov  r1, r9
        call putd
        newline
4:      addi r8, r8, 1
        addi r10, r10, 1
        set  r1, 'z'
        ble  r8, r1, 3b
        set  r1, 0
        halt
        .include <console.s>
counts: .space 26
