        .macro m
        .word nothing_known
        .endm
        m
