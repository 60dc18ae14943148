# Bit 1 of the status says whether interrupts are enabled.
start:  setie 1
        rpsw r1
        srli r1, r1, 1
        xori r1, r1, 1
        halt
