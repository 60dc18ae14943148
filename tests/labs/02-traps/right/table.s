# All registers go into a save area, and two tables say what to do: one by cause, one by service.
        .equ TICK, 300
        .org 8
        .word handler, Mode.supervisor, 0, -1
        .org 16
saved:  .space 16
ticks:  .word 0
causes: .word halted, illegal, privileged, memory, service, clock, halted
calls:  .word exit, print, count
        .equ CALLS, . - calls
first:  .word 0, Mode.user + 2, 4096, 1024

        .entry boot
boot:   set  r1, TICK
        stim r1
        lpsw first(r0)

handler:
        .rept 16, i
        sw   r\i, saved + \i(r0)
        .endr
        lw   r1, 4(r0)
        lw   r1, causes(r1)
        lw   r2, 5(r0)          # the info
        lw   r3, 0(r0)          # where it happened
        jr   r1

illegal:
        set  r1, 'i'
        j    mark
privileged:
        set  r1, 'p'
mark:   out  r1, r0
skip:   addi r3, r3, 1
        sw   r3, 0(r0)
again:  .rept 16, i
        lw   r\i, saved + \i(r0)
        .endr
        lpsw 0(r0)

memory: set  r1, 'm'
        bne  r2, r3, mark
        set  r1, 'f'
        out  r1, r0
        set  r1, 255
halted: halt

clock:  set  r1, TICK
        stim r1
        lw   r1, ticks(r0)
        addi r1, r1, 1
        sw   r1, ticks(r0)
        j    again

service:
        sltiu r1, r2, CALLS
        beqz r1, unknown
        lw   r1, saved + 1(r0)
        lw   r2, calls(r2)
        jr   r2
exit:   halt
print:  out  r1, r0
        j    skip
count:  lw   r1, ticks(r0)
        j    answer
unknown:
        set  r1, -1
answer: sw   r1, saved + 1(r0)
        j    skip
