# caught by services: what is printed
        .org 8
        .word handler, Mode.supervisor, 0, 0xffffffff
        .org 16
start:  set  r1, 300
        stim r1
        lpsw first(r0)
first:  .word 0, Mode.user | 2, 4096, 1024

handler:
        sw   r2, 6(r0)
        sw   r3, 7(r0)
        lw   r2, 4(r0)
        set  r3, Cause.clock
        beq  r2, r3, clock
        set  r3, Cause.svc
        beq  r2, r3, service
        set  r3, Cause.memory
        beq  r2, r3, memory
        set  r3, 'i'
        addi r2, r2, -Cause.illegal
        beqz r2, mark
        set  r3, 'p'
mark:   out  r3, r0
behind: lw   r2, 0(r0)
        addi r2, r2, 1
        sw   r2, 0(r0)
back:   lw   r2, 6(r0)
        lw   r3, 7(r0)
        lpsw 0(r0)

memory: lw   r2, 5(r0)
        lw   r3, 0(r0)
        beq  r2, r3, astray
        set  r3, 'm'
        j    mark
astray: set  r3, 'f'
        out  r3, r0
        set  r1, 255
        halt

clock:  set  r2, 300
        stim r2
        lw   r2, ticks(r0)
        addi r2, r2, 1
        sw   r2, ticks(r0)
        j    back

service:
        lw   r2, 5(r0)
        bnez r2, 1f
        halt
1:      addi r2, r2, -1
        bnez r2, 2f
        set  r3, 'a'
        out  r3, r0
        j    behind
2:      addi r2, r2, -1
        bnez r2, 3f
        lw   r1, ticks(r0)
        j    behind
3:      set  r1, -1
        j    behind
ticks:  .word 0
