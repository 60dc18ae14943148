        .macro table n
        .rept \n, i
        .if \i == 1
        .word 1 << (32 + \i)
        .endif
        .endr
        .if \n
        .endm
        table 3
        .include "inc/open.s"
        .rept 2
        .if 0
        .endr
        .if 0
        .macro
        don't look
=====
blocks_inside.s:4:15: error: 8589934592 does not fit a word of 32 bits
    4 |         .word 1 << (32 + \i)
      |               ^^^^^^^^^^^^^^
blocks_inside.s:2:9: note: in repetition 2 of 3
    2 |         .rept \n, i
      |         ^^^^^^^^^^^
blocks_inside.s:9:9: note: in the expansion of `table`
    9 |         table 3
      |         ^^^^^^^
help: a word is -2147483648 to 4294967295; a slice such as `[31:0]` cuts a value
blocks_inside.s:7:9: error: this condition has no end
    7 |         .if \n
      |         ^^^
blocks_inside.s:9:9: note: in the expansion of `table`
    9 |         table 3
      |         ^^^^^^^
help: close it with `.endif`
inc/open.s:1:9: error: this condition has no end
    1 |         .if 1
      |         ^^^
blocks_inside.s:10:9: note: it is included here
   10 |         .include "inc/open.s"
      |         ^^^^^^^^^^^^^^^^^^^^^
help: close it with `.endif`
blocks_inside.s:12:9: error: this condition has no end
   12 |         .if 0
      |         ^^^
blocks_inside.s:11:9: note: in repetition 1 of 2
   11 |         .rept 2
      |         ^^^^^^^
help: close it with `.endif`
blocks_inside.s:14:9: error: this condition has no end
   14 |         .if 0
      |         ^^^
help: close it with `.endif`
