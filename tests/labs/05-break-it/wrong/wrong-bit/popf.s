# caught by popf tells: bare, on 
# Looks at bit 0, which is the mode.
start:  setie 1
        rpsw r1
        andi r1, r1, 1
        xori r1, r1, 1
        halt
