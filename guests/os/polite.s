# Process 6: give way to everybody else after each word.
polite: svc  SELF
        mov  r8, r1
        begin
        text "polite: I am process "
        mov  r1, r8
        number
        line
        set  r9, 3
1:      svc  YIELD
        say  "polite: after you"
        addi r9, r9, -1
        bnez r9, 1b
        leave 0
