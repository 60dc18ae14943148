        .if 1
        .else
        .else
        .endif 7
        .endif
        .rept -1
        oops
        .endr
        .if later
        oops
        .else
        oops
        .endif
        .rept 2, n
        .word \m
        .macro inside
        .endr
        .ifdef 7
        oops
        .endif
        .rept 1 << 40
        .word nowhere
        .endr
later:  halt
        .if 1
        .rept 2
        halt
=====
blocks.s:3:9: error: a condition has two `.else`
    3 |         .else
      |         ^^^^^
blocks.s:2:9: note: the other one
    2 |         .else
      |         ^^^^^
help: close it with `.endif`
blocks.s:4:16: error: `.endif` takes no operands
    4 |         .endif 7
      |                ^
blocks.s:5:9: error: there is no condition to end here
    5 |         .endif
      |         ^^^^^^
help: a condition begins with `.if E`
blocks.s:6:15: error: -1 repetitions
    6 |         .rept -1
      |               ^^
help: give a number that is not negative
blocks.s:9:13: error: `later` is not defined above
    9 |         .if later
      |             ^^^^^
help: an address or a size must be known where it stands: define the symbol above
blocks.s:15:15: error: `\m` is not a parameter of `.rept`
   15 |         .word \m
      |               ^^
blocks.s:16:9: error: a macro is defined inside a repetition
   16 |         .macro inside
      |         ^^^^^^
blocks.s:14:9: note: the repetition that is open
   14 |         .rept 2, n
      |         ^^^^^
help: close the repetition with `.endr`
blocks.s:18:16: error: a name is expected
   18 |         .ifdef 7
      |                ^
help: write `.ifdef NAME`
blocks.s:21:9: error: expansions and long lines have more than 550000 words, numbers and marks together
   21 |         .rept 1 << 40
      |         ^^^^^
help: make them shorter, or the program smaller
