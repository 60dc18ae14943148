# caught by two: base is
        .equ WORDS, 19          # of a context: the pc, and r1 to r15 behind three words for the rest of the status
        .org 8
        .word enter, Mode.supervisor, 0, 0x7fffffff
        .org 16
living: .word 0
number: .word 0
save:   .space WORDS
status: .word 0, Mode.user | 2, 0, 1024

start:  set  sp, 4096
        set  r1, 1              # a bit for each
        lw   r2, 7(r0)
        sll  r1, r1, r2
        addi r1, r1, -1
        sw   r1, living(r0)
1:      addi r2, r2, -1
        call place              # and a context of zeros, but for the stack
        set  r3, WORDS
2:      addi r3, r3, -1
        add  r4, r1, r3
        sw   r0, 0(r4)
        bnez r3, 2b
        set  r3, 1024
        sw   r3, 17(r1)
        bnez r2, 1b
        sw   r0, number(r0)
        j    load

# place: r1 = where the context of process r2 is kept.
place:  set  r1, WORDS
        mul  r1, r1, r2
        addi r1, r1, contexts
        ret

enter:  .rept 16, i
        .if \i > 0
        sw   r\i, save + 3 + \i(r0)
        .endif
        .endr
        set  sp, 4096
        lw   r1, 0(r0)
        sw   r1, save(r0)
        lw   r2, 4(r0)
        set  r3, Cause.clock
        beq  r2, r3, switch
        set  r3, Cause.svc
        bne  r2, r3, bury
        addi r1, r1, 1
        sw   r1, save(r0)
        lw   r2, 5(r0)
        set  r3, 2
        beq  r2, r3, switch
        set  r3, 1
        bne  r2, r3, bury
        lw   r1, save + 4(r0)
        out  r1, r0
        j    back

bury:   set  r1, 1
        lw   r2, number(r0)
        sll  r1, r1, r2
        lw   r3, living(r0)
        xor  r3, r3, r1
        sw   r3, living(r0)
        bnez r3, switch
        set  r1, 0
        halt

switch: lw   r2, number(r0)
        call place
        set  r3, WORDS
1:      addi r3, r3, -1
        lw   r4, save(r3)
        add  r5, r1, r3
        sw   r4, 0(r5)
        bnez r3, 1b
        lw   r6, 7(r0)
        lw   r7, living(r0)
2:      addi r2, r2, 1
        bne  r2, r6, 3f
        set  r2, 0
3:      srl  r8, r7, r2
        andi r8, r8, 1
        beqz r8, 2b
        sw   r2, number(r0)
load:   lw   r2, number(r0)
        set  r3, 2048
        addi r3, r3, 4096
        sw   r3, status + 2(r0)
        call place
        set  r3, WORDS
1:      addi r3, r3, -1
        add  r5, r1, r3
        lw   r4, 0(r5)
        sw   r4, save(r3)
        bnez r3, 1b
        set  r1, 200
        stim r1
back:   lw   r1, save(r0)
        sw   r1, status(r0)
        .rept 16, i
        .if \i > 0
        lw   r\i, save + 3 + \i(r0)
        .endif
        .endr
        lpsw status(r0)
contexts:
