# One question after the other, and a loop over the four words of a status.
        .include "skeleton.s"

# The base is cut down first: with all of the window below it there is no room, wherever it is.
relocate:
        lw   r3, vm + VM_SIZE(r0)
        lw   r1, vm + VM_BASE(r0)
        bleu r1, r3, 1f
        mov  r1, r3
1:      sub  r4, r3, r1
        lw   r2, vm + VM_BOUND(r0)
        bltu r2, r4, 2f
        mov  r2, r4
2:      lw   r3, vm + VM_WINDOW(r0)
        add  r1, r1, r3
        ret

privileged:
        lw   r1, vm + VM_PSW(r0)
        slli r1, r1, 31
        bltz r1, reflect
        srli r10, r9, 20
        andi r10, r10, 15
        addi r10, r10, vm + VM_X        # where register d is kept
        srli r11, r9, 16
        andi r11, r11, 15
        addi r11, r11, vm + VM_X        # and register a
        lw   r4, 0(r10)
        lw   r5, 0(r11)
        srli r1, r9, 24
        set  r2, 0x80
        beq  r1, r2, status_from
        addi r2, r2, 1
        beq  r1, r2, psw_to
        addi r2, r2, 1
        beq  r1, r2, relocation_to
        addi r2, r2, 1
        beq  r1, r2, relocation_from
        addi r2, r2, 3
        beq  r1, r2, pending_to
        addi r2, r2, 1
        beq  r1, r2, pending_off
        addi r2, r2, 1
        beq  r1, r2, receive
        addi r2, r2, 1
        beq  r1, r2, send
        addi r2, r2, 1
        beq  r1, r2, interrupts
        addi r2, r2, 1
        beq  r1, r2, wait
        addi r2, r2, 1
        beq  r1, r2, do_halt
        j    panic

put:    sw   r4, 0(r10)
        sw   r0, vm + VM_X(r0)
        j    next

psw_to: lw   r4, vm + VM_PSW(r0)
        j    put

relocation_to:
        lw   r4, vm + VM_BASE(r0)
        sw   r4, 0(r10)
        lw   r4, vm + VM_BOUND(r0)
        sw   r4, 0(r11)
        sw   r0, vm + VM_X(r0)
        j    next

relocation_from:
        sw   r4, vm + VM_BASE(r0)
        sw   r5, vm + VM_BOUND(r0)
        j    next

pending_to:
        lw   r4, vm + VM_PENDING(r0)
        j    put

pending_off:                            # what is in both goes
        lw   r1, vm + VM_PENDING(r0)
        and  r4, r4, r1
        xor  r1, r1, r4
        sw   r1, vm + VM_PENDING(r0)
        j    next

receive:
        andi r5, r5, 15
        in   r4, r5
        set  r1, 1
        call moved
        j    put

send:   andi r5, r5, 15
        out  r4, r5
        set  r1, 2
        call moved
        j    next

moved:  sw   r1, vm + VM_WAY(r0)
        sw   r5, vm + VM_PORT(r0)
        sw   r4, vm + VM_WORD(r0)
        lw   r1, vm + VM_TRAFFIC(r0)
        addi r1, r1, 1
        sw   r1, vm + VM_TRAFFIC(r0)
        ret

interrupts:
        lw   r1, vm + VM_PSW(r0)
        andi r2, r1, INTERRUPTS
        sub  r1, r1, r2
        andi r2, r9, 1
        add  r1, r1, r2
        add  r1, r1, r2
        sw   r1, vm + VM_PSW(r0)
        j    next

wait:   lw   r1, vm + VM_PENDING(r0)
        lw   r2, vm + VM_TIMER(r0)
        xori r2, r2, 1
        seqz r2, r2
        or   r1, r1, r2
        beqz r1, passed
        j    next

# The four words are gathered before any of them counts.
status_from:
        slli r1, r9, 16
        srai r1, r1, 16
        add  r9, r5, r1                 # the address; the info of a trap, if it comes to that
        set  r6, 0
        lw   r2, SAVED_BASE(r0)
        lw   r3, SAVED_BOUND(r0)
1:      bgeu r9, r3, 2f
        add  r1, r2, r9
        lw   r1, 0(r1)
        sw   r1, gathered(r6)
        addi r9, r9, 1
        addi r6, r6, 1
        slti r1, r6, 4
        bnez r1, 1b
        lw   r1, gathered(r0)
        sw   r1, vm + VM_PC(r0)
        lw   r1, gathered + 1(r0)
        sw   r1, vm + VM_PSW(r0)
        lw   r1, gathered + 2(r0)
        sw   r1, vm + VM_BASE(r0)
        lw   r1, gathered + 3(r0)
        sw   r1, vm + VM_BOUND(r0)
        j    passed
2:      set  r8, Cause.memory
        j    reflect

gathered:
        .space 4
