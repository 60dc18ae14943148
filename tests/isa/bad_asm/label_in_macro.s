        .macro m
loop:   halt
        .endm
        m
        m
=====
label_in_macro.s:2:1: error: `loop` is defined twice
    2 | loop:   halt
      | ^^^^
label_in_macro.s:2:1: note: it is defined here
    2 | loop:   halt
      | ^^^^
label_in_macro.s:5:9: note: in the expansion of `m`
    5 |         m
      |         ^
help: rename one; inside a macro, add `\@` to the name
