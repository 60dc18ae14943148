        .equ a, b + 1
        .equ b, c
        .equ c, a
        .word a
=====
circular_equ.s:3:17: error: `a` is defined by itself
    3 |         .equ c, a
      |                 ^
