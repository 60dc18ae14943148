# caught by services: has in storage has changed
        .org 8
        .word enter, 0, 0, 0x7fffffff
        .equ pc_, 0
        .equ cause, 4
        .equ info, 5
        .equ theirs, 6          # the program's stack pointer
        .equ now, 7             # ticks
        .equ status, 12

        .org 64
start:  sw   r0, now(r0)
        set  r1, 1
        sw   r1, status + 1(r0)
        sw   r0, status(r0)
        set  r2, 3
        sw   r2, status + 1(r0)
        set  r2, 4096
        sw   r2, status + 2(r0)
        set  r2, 1024
        sw   r2, status + 3(r0)
        call wind
        lpsw status(r0)

wind:   set  r2, 290
        stim r2
        ret

enter:  sw   sp, theirs(r0)
        set  sp, 5120
        push ra
        push r2
        push r3
        lw   r2, 0(r0)
        sw   r2, 12(r0)
        lw   r2, 1(r0)
        sw   r2, 13(r0)
        lw   r2, 2(r0)
        sw   r2, 14(r0)
        lw   r2, 3(r0)
        sw   r2, 15(r0)
        lw   r3, cause(r0)
        addi r3, r3, -Cause.clock
        bnez r3, other
        call wind
        lw   r2, now(r0)
        addi r2, r2, 1
        sw   r2, now(r0)
leave:  pop  r3
        pop  r2
        pop  ra
        lw   sp, theirs(r0)
        lpsw status(r0)
other:  addi r3, r3, 1          # Cause.svc comes before it
        bnez r3, fault
        lw   r3, info(r0)
        call serve
        j    step
fault:  call say
step:   lw   r2, status(r0)
        addi r2, r2, 1
        sw   r2, status(r0)
        j    leave

serve:  set  r2, 2
        bgtu r3, r2, 3f
        beq  r3, r2, 2f
        bnez r3, 1f
        halt
1:      out  r1, r0
        ret
2:      lw   r1, now(r0)
        ret
3:      set  r1, -1
        ret

say:    lw   r3, cause(r0)
        lw   r2, letters(r3)
        lw   r3, info(r0)
        push r3
        lw   r3, cause(r0)
        addi r3, r3, -Cause.memory
        bnez r3, 1f
        lw   r3, status(r0)
        push r2
        lw   r2, 1(sp)
        beq  r2, r3, gone
        pop  r2
1:      addi sp, sp, 1
        out  r2, r0
        ret
gone:   set  r2, 'f'
        out  r2, r0
        set  r1, 255
        halt
letters:
        .ascii "?ipm"
