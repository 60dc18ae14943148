        .macro m a
        .word x\a
        .endm
        m 1 + 2
        .word \a
=====
macro_paste.s:2:15: error: `x\a` becomes `x1+2`, which is not one word
    2 |         .word x\a
      |               ^^^
macro_paste.s:4:9: note: in the expansion of `m`
    4 |         m 1 + 2
      |         ^^^^^^^
help: separate the parts by spaces or operators
macro_paste.s:5:15: error: `\a` is a macro's parameter, and this is not in a macro
    5 |         .word \a
      |               ^^
