        addi r1, r2, r3
        .word r3 + 1
=====
register_as_value.s:1:22: error: `r3` is a register, and operand `k` is a value
    1 |         addi r1, r2, r3
      |                      ^^
help: `k` is `simm`, 16 bits
register_as_value.s:2:15: error: `r3` is a register; a value is expected here
    2 |         .word r3 + 1
      |               ^^
