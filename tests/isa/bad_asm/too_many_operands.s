        add r1, r2, r3, r4
        halt r1
        lw r1, 0(sp)(ra)
=====
too_many_operands.s:1:23: error: more operands than expected
    1 |         add r1, r2, r3, r4
      |                       ^
help: it is written `add d, a, b`
too_many_operands.s:2:14: error: an operand too many
    2 |         halt r1
      |              ^^
help: `halt` takes no operands
too_many_operands.s:3:21: error: more operands than expected
    3 |         lw r1, 0(sp)(ra)
      |                     ^
help: it is written `lw d, k(a)`
