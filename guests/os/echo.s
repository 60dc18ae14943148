# Process 1: read lines until the end of input and write each back in capitals. It waits for most of its life.
echo:   la   r1, echo_buffer
        set  r2, 80
        svc  READ
        beqz r1, echo_end
        mov  r8, r1             # how many characters
        la   r9, echo_buffer
        add  r10, r9, r8
1:      lw   r2, 0(r9)
        addi r3, r2, -'a'
        sltiu r3, r3, 26
        beqz r3, 2f
        addi r2, r2, 'A' - 'a'
        sw   r2, 0(r9)
2:      addi r9, r9, 1
        blt  r9, r10, 1b
        la   r1, echo_buffer
        mov  r2, r8
        svc  WRITE
        b    echo
echo_end:
        say  "echo: end of input"
        leave 0
echo_buffer:
        .space 80
