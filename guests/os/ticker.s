# Process 2: sleep some ticks, three times, and check each time that no less has passed.
# NAP is with the other sizes, in os.s.
ticker: set  r8, 0
1:      svc  TIME
        addi r9, r1, NAP
        set  r1, NAP
        svc  SLEEP
        svc  TIME
        bltu r1, r9, ticker_early
        addi r8, r8, 1
        begin
        text "ticker: nap "
        mov  r1, r8
        number
        line
        slti r1, r8, 3
        bnez r1, 1b
        leave 0
ticker_early:
        say  "ticker: woken too early"
        leave 1
