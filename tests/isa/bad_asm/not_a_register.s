        add r1, r2, 3
        add r1, r16, r2
        add r1, R2, r3
        lw r1, 4(4)
=====
not_a_register.s:1:21: error: operand `b` must be a register, not `3`
    1 |         add r1, r2, 3
      |                     ^
help: `reg` is `r0` to `r15` or `sp`, `ra`
not_a_register.s:2:17: error: operand `a` must be a register, not `r16`
    2 |         add r1, r16, r2
      |                 ^^^
help: `reg` is `r0` to `r15` or `sp`, `ra`
not_a_register.s:3:17: error: operand `a` must be a register, not `R2`
    3 |         add r1, R2, r3
      |                 ^^
help: `reg` is `r0` to `r15` or `sp`, `ra`
not_a_register.s:4:18: error: operand `a` must be a register, not `4`
    4 |         lw r1, 4(4)
      |                  ^
help: `reg` is `r0` to `r15` or `sp`, `ra`
