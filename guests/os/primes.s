# Process 3: count primes by trial division and never give way: only the clock can take the processor from it.
primes: set  r8, 2
        set  r9, 0
        set  r10, PRIMES_BELOW
1:      set  r11, 2             # a divisor
2:      mul  r1, r11, r11
        bgt  r1, r8, 3f         # none up to the root: prime
        remu r1, r8, r11
        beqz r1, 4f
        addi r11, r11, 1
        b    2b
3:      addi r9, r9, 1
4:      addi r8, r8, 1
        blt  r8, r10, 1b
        begin
        text "primes: "
        mov  r1, r9
        number
        text " below "
        mov  r1, r10
        number
        line
        leave 0
