# Process 6: give way to everybody else before each word, or more than once.
polite: svc  SELF
        mov  r8, r1
        begin
        text "polite: I am process "
        mov  r1, r8
        number
        line
        set  r9, 3
1:      set  r8, YIELDS
2:      svc  YIELD
        addi r8, r8, -1
        bnez r8, 2b
        say  "polite: after you"
        addi r9, r9, -1
        bnez r9, 1b
        leave 0
