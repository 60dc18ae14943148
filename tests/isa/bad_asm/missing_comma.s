        add r1 r2, r3
        add r1, r2
        add r1, r2,
=====
missing_comma.s:1:16: error: `,` is missing before `r2`
    1 |         add r1 r2, r3
      |                ^^
help: it is written `add d, a, b`
missing_comma.s:2:19: error: `,` is missing
    2 |         add r1, r2
      |                   ^
help: it is written `add d, a, b`
missing_comma.s:3:20: error: operand `b` is missing
    3 |         add r1, r2,
      |                    ^
help: it is written `add d, a, b`
