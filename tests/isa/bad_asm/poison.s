        .equ wrong, 1 +
        .word wrong
        addi r1, r1, wrong
here:   .word here
        .equ worse, wrong
        .word worse
=====
poison.s:1:24: error: a value is missing after `+`
    1 |         .equ wrong, 1 +
      |                        ^
help: write a number, a symbol or an expression
