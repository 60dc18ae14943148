        .org 4
table:  .word 1, 2, 3, 4
        .org 6
        halt
=====
overlap.s:4:9: error: address 0x6 is already taken
    4 |         halt
      |         ^^^^
overlap.s:2:9: note: by the words from 0x4 on
    2 | table:  .word 1, 2, 3, 4
      |         ^^^^^^^^^^^^^^^^
help: move one of them with `.org`
