# Counts in user mode. A trap handler prints each number, and ends it.
        .org  8
        .word handler, 0, 0, 0xffffffff
        .org  16
start:  set   r1, 65
        sw    r1, counter(r0)
        lpsw  program(r0)
program: .word loop, 1, 0, 0x1000
counter: .word 0
loop:   addi  r1, r1, 1
        sw    r1, counter(r0)
        svc   3
        b     loop

handler: lw   r3, counter(r0)
        jal   r5, say
        set   r2, 70
        bge   r3, r2, end
        lw    r4, 0(r0)         # on behind the svc
        addi  r4, r4, 1
        sw    r4, 0(r0)
        lpsw  0(r0)
end:    set   r1, 7
        halt

say:    out   r3, r0
        jr    r5
