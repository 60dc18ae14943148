        .macro two a, b=0
        .word \a, \b
        .endm
        two
        two 1, 2, 3
        two ,
=====
macro_arguments.s:4:12: error: `two` needs an argument `a`
    4 |         two
      |            ^
macro_arguments.s:1:16: note: it is defined here
    1 |         .macro two a, b=0
      |                ^^^
macro_arguments.s:5:19: error: `two` takes 2 arguments, not 3
    5 |         two 1, 2, 3
      |                   ^
macro_arguments.s:1:16: note: it is defined here
    1 |         .macro two a, b=0
      |                ^^^
macro_arguments.s:6:14: error: `two` needs an argument `a`
    6 |         two ,
      |              ^
macro_arguments.s:1:16: note: it is defined here
    1 |         .macro two a, b=0
      |                ^^^
