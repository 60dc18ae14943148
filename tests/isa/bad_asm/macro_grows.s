        .macro a x
        b \x + \x + \x + \x + \x + \x + \x + \x
        .endm
        .macro b x
        c \x + \x + \x + \x + \x + \x + \x + \x
        .endm
        .macro c x
        d \x + \x + \x + \x + \x + \x + \x + \x
        .endm
        .macro d x
        .word \x + \x + \x + \x + \x + \x + \x + \x
        .endm
        a some_long_name
=====
macro_grows.s:11:9: error: this statement grows to more than 20000 characters
   11 |         .word \x + \x + \x + \x + \x + \x + \x + \x
      |         ^^^^^
macro_grows.s:8:9: note: in the expansion of `d`
    8 |         d \x + \x + \x + \x + \x + \x + \x + \x
      |         ^
macro_grows.s:5:9: note: in the expansion of `c`
    5 |         c \x + \x + \x + \x + \x + \x + \x + \x
      |         ^
macro_grows.s:2:9: note: in the expansion of `b`
    2 |         b \x + \x + \x + \x + \x + \x + \x + \x
      |         ^
macro_grows.s:13:9: note: in the expansion of `a`
   13 |         a some_long_name
      |         ^^^^^^^^^^^^^^^^
help: nest macros less deeply
