        .include "inc/wrong.s"
=====
inc/deeper.s:2:15: error: `nothing_known` is not defined
    2 |         .word nothing_known
      |               ^^^^^^^^^^^^^
inc/deeper.s:4:9: note: in the expansion of `m`
    4 |         m
      |         ^
inc/wrong.s:2:9: note: it is included here
    2 |         .include "deeper.s"
      |         ^^^^^^^^^^^^^^^^^^^
include_error.s:1:9: note: it is included here
    1 |         .include "inc/wrong.s"
      |         ^^^^^^^^^^^^^^^^^^^^^^
inc/wrong.s:3:9: error: `hlat` is not an instruction of left
    3 |         hlat
      |         ^^^^
include_error.s:1:9: note: it is included here
    1 |         .include "inc/wrong.s"
      |         ^^^^^^^^^^^^^^^^^^^^^^
help: did you mean `halt`?
