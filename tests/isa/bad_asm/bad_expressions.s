        .word 1 +
        .word (1 + 2
        .word 1 + 2)
        .word 5[3
        .word 5[3]
        .word 5[0:3]
        .word 1 2
        .word * 3
        .word 1,,2
        .word (1[2)]
=====
bad_expressions.s:1:18: error: a value is missing after `+`
    1 |         .word 1 +
      |                  ^
help: write a number, a symbol or an expression
bad_expressions.s:2:15: error: `(` is not closed
    2 |         .word (1 + 2
      |               ^
help: add `)`
bad_expressions.s:3:20: error: `)` closes nothing
    3 |         .word 1 + 2)
      |                    ^
help: remove it or open a bracket
bad_expressions.s:4:16: error: `[` is not closed
    4 |         .word 5[3
      |                ^
help: add `]`
bad_expressions.s:5:18: error: `]` closes nothing
    5 |         .word 5[3]
      |                  ^
help: a slice is written `e[high:low]`
bad_expressions.s:6:16: error: [0:3] is not a slice
    6 |         .word 5[0:3]
      |                ^
help: bits run from the higher one, at most 127, to the lower one
bad_expressions.s:7:17: error: `2` is not expected here
    7 |         .word 1 2
      |                 ^
help: is an operator or a comma missing?
bad_expressions.s:8:15: error: `*` is not a value
    8 |         .word * 3
      |               ^
help: write a number, a symbol or an expression
bad_expressions.s:9:19: error: a value is missing
    9 |         .word 1,,2
      |                   ^
help: write `.word E, ...`
bad_expressions.s:10:19: error: `)` closes nothing
   10 |         .word (1[2)]
      |                   ^
help: remove it or open a bracket
